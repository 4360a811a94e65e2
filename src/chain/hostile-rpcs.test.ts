// RPCs that fail, lie, are late or on another chain while a transaction is made.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { z } from "zod";
import {
  type ChainHome,
  type ChainRig,
  noncesIn,
  openChain,
  QUICK,
  startChainRig,
} from "../../test/sandbox/chain-rig.ts";
import { type Misbehaviour, onChain, type RpcProxy, startRpcProxy } from "../../test/sandbox/rpc-proxy.ts";

let rig: ChainRig;
let home: ChainHome;
let first: RpcProxy;
let second: RpcProxy;
let keys = 0;
const never = new AbortController().signal;

beforeAll(async () => {
  rig = await startChainRig();
});
afterAll(() => rig.stop());
beforeEach(async () => {
  home = await rig.home();
  first = startRpcProxy(rig.url);
  second = startRpcProxy(rig.url);
});
afterEach(async () => {
  await first.stop();
  await second.stop();
});

const newKey = () => `hostile/${++keys}`;
const open = (options: Partial<Parameters<typeof openChain>[1]> = {}) =>
  openChain(home, { rpcUrls: [first.url, second.url], ...options });
const methods = (proxy: RpcProxy) => proxy.calls.map(({ method }) => method);

/** Its own answer to one method, and the chain's to all others. */
const answering =
  (method: string, result: unknown): Misbehaviour =>
  (call) =>
    call.method === method ? Response.json({ jsonrpc: "2.0", id: call.id, result }) : undefined;
const failing =
  (method: string, message: string, code = -32_000): Misbehaviour =>
  (call) =>
    call.method === method ? Response.json({ jsonrpc: "2.0", id: call.id, error: { code, message } }) : undefined;

describe("a transaction is made all the same", () => {
  const ways: Record<string, Misbehaviour> = {
    "an RPC on another chain": onChain(1),
    "an RPC that is down": () => new Response("down", { status: 502 }),
    "an RPC that is late": () => Bun.sleep(100).then(() => undefined),
    "an RPC that swallows transactions": answering("eth_sendRawTransaction", `0x${"ab".repeat(32)}`),
    "an RPC that takes no transactions": failing("eth_sendRawTransaction", "method not found", -32_601),
    "an RPC that knows the transaction already": failing("eth_sendRawTransaction", "already known"),
    "an RPC that gives receipts of other transactions": answering("eth_getTransactionReceipt", {
      ...{ transactionHash: `0x${"cd".repeat(32)}`, from: `0x${"00".repeat(20)}`, status: "0x1", blockNumber: "0x1" },
      ...{ blockHash: `0x${"00".repeat(32)}`, gasUsed: "0x1", effectiveGasPrice: "0x1", logs: [] },
    }),
    "an RPC that gives no receipts": answering("eth_getTransactionReceipt", "yes"),
    "an RPC that knows no priority fee": failing("eth_maxPriorityFeePerGas", "the method does not exist", -32_601),
    "an RPC that claims an estimate of nonsense": answering("eth_estimateGas", "0xzz"),
  };
  for (const [name, how] of Object.entries(ways)) {
    test(name, async () => {
      first.misbehave(how);
      const key = newKey();
      const { chain, close } = open();
      expect((await chain.send(rig.deed(key), never)).logs).toHaveLength(1);
      expect([await rig.times(key), noncesIn(home.home)]).toEqual([1, [0]]);
      close();
    });
  }

  test("RPCs that are down once it is signed: it is sent when they are back, by another process too", async () => {
    const down = failing("eth_sendRawTransaction", "down for maintenance");
    first.misbehave(down);
    second.misbehave(down);
    const key = newKey();
    const one = open();
    const waiting = new AbortController();
    const sent = one.chain.send(rig.deed(key), waiting.signal).catch((error: unknown) => error);
    while (one.log.lines.length === 0) await Bun.sleep(10);
    waiting.abort();
    expect(await sent).toMatchObject({ code: "transaction_pending" });
    const signed = one.transactions.ofKey(key)?.attempts[0]?.hash;
    one.close();
    first.misbehave(undefined);
    const two = open();
    const stop = new AbortController();
    const running = two.chain.run(stop.signal);
    while (two.transactions.ofKey(key)?.state !== "mined") await Bun.sleep(10);
    expect(two.transactions.ofKey(key)?.mined?.hash).toBe(signed ?? "0x");
    stop.abort();
    await running;
    expect(await rig.times(key)).toBe(1);
    two.close();
  });
});

describe("attack: a nonce that is too high", () => {
  const lie: Misbehaviour = ({ id, method, params }) =>
    method === "eth_getTransactionCount" && params[1] === "pending"
      ? Response.json({ jsonrpc: "2.0", id, result: "0x3" })
      : undefined;

  test("one of three RPCs says so: it is not believed", async () => {
    first.misbehave(lie);
    const key = newKey();
    const { chain, close } = open({ rpcUrls: [first.url, second.url, rig.url] });
    await chain.send(rig.deed(key), never);
    expect(noncesIn(home.home)).toEqual([0]);
    close();
  });

  test("the only RPC says so: what nobody uses is filled, and the queue goes on", async () => {
    first.misbehave(lie);
    const key = newKey();
    const { chain, log, close } = open({ rpcUrls: [first.url], timing: { ...QUICK, stuckMs: 100 } });
    const sent = chain.send(rig.deed(key), never);
    while (noncesIn(home.home).length === 0) await Bun.sleep(10);
    first.misbehave(undefined);
    await sent;
    expect(noncesIn(home.home)).toEqual([0, 1, 2, 3]);
    expect(await rig.times(key)).toBe(1);
    expect(log.lines.filter(({ message }) => message === "a nonce that nobody uses is filled")).toHaveLength(3);
    close();
  });
});

describe("attack: a receipt that cannot be", () => {
  /** Then it is found out, or has told the truth. */
  let told = 0;
  const receiptWith =
    (change: object): Misbehaviour =>
    async (call) => {
      if (call.method !== "eth_getTransactionReceipt" || told >= 3) return undefined;
      const body = JSON.stringify({ jsonrpc: "2.0", ...call });
      const answer = await fetch(rig.url, { method: "POST", body, headers: { "content-type": "application/json" } });
      const { result } = z.object({ result: z.looseObject({}).nullable() }).parse(await answer.json());
      if (result) told++;
      return Response.json({ jsonrpc: "2.0", id: call.id, result: result && { ...result, ...change } });
    };
  const lies: Record<string, object> = {
    "of a block that is far ahead: all RPCs would count as late": { blockNumber: `0x1${"0".repeat(40)}` },
    "of more gas than was signed for: the day's gas would count as spent": { gasUsed: `0x1${"0".repeat(30)}` },
    "of a higher fee than was signed for": { effectiveGasPrice: `0x1${"0".repeat(30)}` },
  };
  for (const [name, change] of Object.entries(lies)) {
    test(name, async () => {
      told = 0;
      first.misbehave(receiptWith(change));
      second.misbehave(receiptWith(change));
      const { chain, earned, transactions, close } = open();
      await chain.send(rig.deed(newKey()), AbortSignal.timeout(3000));
      expect(await chain.read(async () => "read")).toBe("read");
      expect(earned().every(({ amount }) => amount < 10n ** 17n)).toBe(true);
      expect(transactions.spent("toy")).toBeLessThan(10n ** 17n);
      await chain.send(rig.deed(newKey()), AbortSignal.timeout(3000));
      close();
    });
  }
});

test("attack: fees of a hostile RPC pass no day's gas", async () => {
  first.misbehave(answering("eth_maxPriorityFeePerGas", "0xde0b6b3a7640000"));
  const { chain, close } = open({ rpcUrls: [first.url] });
  const error = await chain.send(rig.deed(newKey()), never).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "funds_missing" });
  expect(noncesIn(home.home)).toEqual([]);
  close();
});

test("attack: text of a hostile RPC: no escape reaches log or error, and no key of its URL", async () => {
  const text = "\x1b[2J\x1b]0;owned\x07 canaryKey0123 \u202e gone";
  first.misbehave(failing("eth_sendRawTransaction", text));
  const { chain, log, close } = open({ rpcUrls: [`${first.url}/v2/canaryKey0123`] });
  const sent = chain.send(rig.deed(newKey()), AbortSignal.timeout(300)).catch((thrown: unknown) => thrown);
  const refused = await sent;
  first.misbehave(failing("eth_call", `execution reverted: ${text}`, 3));
  const reverted = await chain.send(rig.deed(newKey()), never).catch((thrown: unknown) => thrown);
  expect(refused).toMatchObject({ code: "transaction_pending" });
  expect(reverted).toMatchObject({ code: "transaction_refused" });
  const seen = [JSON.stringify(log.lines), Bun.inspect(refused), Bun.inspect(reverted), String(reverted)].join("\n");
  expect(seen).toContain("owned");
  expect(seen).not.toContain("canary");
  expect(JSON.stringify([log.lines, String(reverted)])).not.toMatch(/\\u001b|\\u0007|\\u202e|\u202e/);
  close();
});

test("one that lags for a moment behind a block of ours is waited for, by reads and by the next transaction", async () => {
  const { chain, close } = open({ rpcUrls: [first.url] });
  await chain.send(rig.deed(newKey()), never);
  let late = 0;
  const lagging: Misbehaviour = (call, request) =>
    call.method === "eth_blockNumber" && late-- > 0 ? answering("eth_blockNumber", "0x1")(call, request) : undefined;
  first.misbehave(lagging);
  late = 3;
  expect(await chain.read(async () => "read")).toBe("read");
  late = 3;
  await chain.send(rig.deed(newKey()), never);
  expect(late).toBeLessThanOrEqual(0);
  close();
});

test("an RPC that is behind a block of ours is asked for nothing that depends on it", async () => {
  const { chain, close } = open();
  const receipt = await chain.send(rig.deed(newKey()), never);
  first.misbehave(answering("eth_blockNumber", "0x1"));
  expect(await chain.read(async ({ block }) => block)).toBeGreaterThanOrEqual(receipt.block);
  second.misbehave(answering("eth_blockNumber", "0x1"));
  const error = await chain.read(async () => "read").catch((thrown: unknown) => thrown);
  expect(String(error)).toContain("behind block");
  expect(methods(first)).toContain("eth_blockNumber");
  close();
});
