// An RPC that names a block which the chain has not reached: it is found out, the others go on, and no restart is needed.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { z } from "zod";
import type { FakeLog } from "../../test/fakes/log.ts";
import { type ChainHome, type ChainRig, openChain, QUICK, startChainRig } from "../../test/sandbox/chain-rig.ts";
import { type Misbehaviour, type RpcProxy, startRpcProxy } from "../../test/sandbox/rpc-proxy.ts";
import { systemClock } from "../core/clock.ts";

let rig: ChainRig;
let home: ChainHome;
let first: RpcProxy;
let second: RpcProxy;
let keys = 0;
const never = new AbortController().signal;
const newKey = () => `heights/${++keys}`;
const answer = (id: unknown, result: unknown) => Response.json({ jsonrpc: "2.0", id, result });
const hex = (number: bigint | number): string => `0x${number.toString(16)}`;
const warnings = ({ lines }: FakeLog) => lines.filter(({ level }) => level === "warn");
const nowS = () => Math.floor(Date.now() / 1000);
const FAR = 10n ** 9n;

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

async function ask(method: string, params: readonly unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const reply = await fetch(rig.url, { method: "POST", body, headers: { "content-type": "application/json" } });
  return z.object({ result: z.unknown() }).parse(await reply.json()).result;
}

/** What the chain itself answers; a block beyond its latest is its latest. */
async function honest(method: string, params: readonly unknown[]): Promise<unknown> {
  const latest = BigInt(String(await ask("eth_blockNumber", [])));
  const isBeyond = (one: unknown) => typeof one === "string" && /^0x[0-9a-f]{1,16}$/.test(one) && BigInt(one) > latest;
  return ask(
    method,
    params.map((one) => (isBeyond(one) ? "latest" : one)),
  );
}

/** Ahead of the chain in all that it says. @param time what it gives as its latest block's; undefined: it has no such block */
const ahead =
  (by: bigint, time: (() => number) | undefined): Misbehaviour =>
  async ({ id, method, params }) => {
    const result = await honest(method, params);
    if (method === "eth_blockNumber") return answer(id, hex(BigInt(String(result)) + by));
    const record = z.looseObject({ blockNumber: z.string() }).safeParse(result);
    if (method === "eth_getTransactionReceipt" && record.success)
      return answer(id, { ...record.data, blockNumber: hex(BigInt(record.data.blockNumber) + by) });
    if (method !== "eth_getBlockByNumber" || BigInt(String(params[0])) < by) return answer(id, result);
    const block = z.looseObject({}).parse(result);
    return answer(id, time ? { ...block, number: params[0], timestamp: hex(time()) } : null);
  };

const LIES: Readonly<Record<string, Misbehaviour>> = {
  "and has no such block": ahead(FAR, undefined),
  "with a header of now": ahead(FAR, nowS),
  "with a header of next year": ahead(FAR, () => nowS() + 31_536_000),
  "with a header from before the others'": ahead(FAR, () => 1),
};

describe("attack: an RPC is ahead of the chain", () => {
  for (const [name, lie] of Object.entries(LIES)) {
    test(name, async () => {
      first.misbehave(() => Bun.sleep(30).then(() => undefined));
      second.misbehave(() => Bun.sleep(30).then(() => undefined));
      const { chain, log, transactions, close } = openChain(home, { rpcUrls: [first.url, second.url] });
      await chain.send(rig.deed(newKey()), never);
      // From now on it is the quickest, too.
      first.misbehave(lie);
      const key = newKey();
      const { block } = await chain.send(rig.deed(key), never);
      expect([block < FAR, (transactions.ofKey(key)?.mined?.block ?? FAR) < FAR]).toEqual([true, true]);
      expect(await rig.times(key)).toBe(1);
      await first.stop();
      expect(await chain.read(async (view) => view.block)).toBeLessThan(FAR);
      const warned = warnings(log).map(({ fields }) => fields.error);
      expect(JSON.stringify(warned)).toContain("where no other RPC is");
      close();
    });
  }

  test("by less than can be told: the others count as late until their own time shows that they are not", async () => {
    let moved = 0;
    const clock = { ...systemClock, now: () => Date.now() + moved };
    const { chain, close } = openChain(home, { clock, rpcUrls: [first.url, second.url] });
    second.misbehave(() => new Response("down", { status: 502 }));
    first.misbehave(ahead(100n, nowS));
    await chain.send(rig.deed(newKey()), never);
    await first.stop();
    second.misbehave(undefined);
    expect(String(await chain.read(async () => "read").catch((error: unknown) => error))).toContain("behind block");
    await rig.client.increaseTime({ seconds: 90 });
    await rig.client.mine({ blocks: 1 });
    moved = 90_000;
    expect(await chain.read(async () => "read")).toBe("read");
    close();
  });
});

describe("an RPC that is ahead of others, and right", () => {
  test("the other one has stopped: it puts nobody in the wrong", async () => {
    const stopped = await rig.client.getBlockNumber();
    await rig.client.mine({ blocks: 400, interval: 1 });
    second.misbehave(({ id, method }) => (method === "eth_blockNumber" ? answer(id, hex(stopped)) : undefined));
    const clock = { ...systemClock, now: () => Date.now() + 400_000 };
    const { chain, log, close } = openChain(home, { clock, rpcUrls: [first.url, second.url] });
    for (let n = 0; n < 5; n++) await chain.send(rig.deed(newKey()), never);
    expect(await chain.read(async ({ block }) => block)).toBeGreaterThan(stopped + 400n);
    const asked = () => first.calls.filter(({ method }) => method === "eth_getBlockByNumber").length;
    const before = asked();
    for (let n = 0; n < 5; n++) await chain.read(async () => "read");
    expect([asked(), warnings(log)]).toEqual([before, []]);
    close();
  });

  test("the chain jumps for all of them, with a clock of its own", async () => {
    const { chain, log, close } = openChain(home, { rpcUrls: [first.url, second.url], timing: QUICK });
    await chain.send(rig.deed(newKey()), never);
    await rig.client.mine({ blocks: 400 });
    await rig.client.increaseTime({ seconds: 31_536_000 });
    await rig.client.mine({ blocks: 1 });
    await chain.send(rig.deed(newKey()), never);
    expect(warnings(log)).toEqual([]);
    close();
  });
});
