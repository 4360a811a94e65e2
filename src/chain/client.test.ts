// Transactions on a real chain: made once, awaited, refused with the reason, replaced, sent again after a reorg.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { parseEther, parseGwei } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import {
  type ChainHome,
  type ChainRig,
  noncesIn,
  openChain,
  QUICK,
  startChainRig,
} from "../../test/sandbox/chain-rig.ts";
import { startRpcProxy } from "../../test/sandbox/rpc-proxy.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { TransactionError } from "./errors.ts";

let rig: ChainRig;
let home: ChainHome;
let keys = 0;
const never = new AbortController().signal;

beforeAll(async () => {
  rig = await startChainRig();
});
afterAll(() => rig.stop());
beforeEach(async () => {
  home = await rig.home();
  await rig.client.setAutomine(true);
  await rig.client.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei("1") });
  await rig.client.mine({ blocks: 1 });
});

const newKey = () => `toy/deed/${++keys}`;
const open = (options: Partial<Parameters<typeof openChain>[1]> = {}) =>
  openChain(home, { rpcUrls: [rig.url], ...options });

async function errorOf(work: Promise<unknown>): Promise<TransactionError> {
  const error = await work.catch((thrown: unknown) => thrown);
  if (error instanceof TransactionError) return error;
  throw new Error(`expected a TransactionError, got ${Bun.inspect(error)}`);
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (await condition()) return;
    await Bun.sleep(20);
  }
  throw new Error("it never came to be");
}

describe("a transaction", () => {
  test("is sent, awaited, and its gas is recorded; the same key gives the same receipt, also after a restart", async () => {
    const key = newKey();
    const first = open();
    const receipt = await first.chain.send(rig.deed(key, { value: 5n }), never);
    expect(receipt.logs).toHaveLength(1);
    expect(receipt.logs[0]?.address).toBe(rig.deeds);
    expect(first.earned()).toMatchObject([
      { network: "toy", job: `job of ${key}`, model: "m", kind: "gas", asset: "ETH", transaction: receipt.transaction },
    ]);
    expect(first.earned()[0]?.amount).toBe(receipt.cost);
    const mined = await rig.client.getTransactionReceipt({ hash: receipt.transaction });
    expect(receipt.cost).toBe(mined.gasUsed * mined.effectiveGasPrice);
    expect(await first.chain.send(rig.deed(key), never)).toEqual(receipt);
    first.close();
    const second = open({ rpcUrls: ["http://127.0.0.1:9"] });
    expect(await second.chain.send(rig.deed(key), never)).toEqual(receipt);
    expect(await rig.times(key)).toBe(1);
    expect(first.events).toEqual(["toy signed", "toy mined"]);
    second.close();
  });

  test("that is in a block soon is known soon, however long the looks are apart later", async () => {
    await rig.client.setAutomine(false);
    const { chain, close } = open({ timing: { ...QUICK, pollMs: 600_000 } });
    const key = newKey();
    const receipt = chain.send(rig.deed(key), never);
    await until(
      async () => (await rig.client.getTransactionCount({ address: home.address, blockTag: "pending" })) === 1,
    );
    await Bun.sleep(50);
    await rig.client.mine({ blocks: 1 });
    expect((await receipt).logs).toHaveLength(1);
    close();
  });

  test("is EIP-1559, of this chain, with a margin of gas, and signed by the account", async () => {
    const { chain, close } = open();
    const { transaction } = await chain.send(rig.deed(newKey(), { spareGas: 1_000_000n }), never);
    const sent = await rig.client.getTransaction({ hash: transaction });
    expect(sent).toMatchObject({ type: "eip1559", chainId: 421_614, nonce: 0 });
    expect(sent.from.toLowerCase()).toBe(privateKeyToAccount(home.key).address.toLowerCase());
    expect(sent.gas).toBeGreaterThan(1_050_000n);
    close();
  });

  test("many at once get nonces without a gap, and the same key at once is one", async () => {
    const { chain, close } = open();
    const many = Array.from({ length: 12 }, newKey);
    await Promise.all([...many, ...many].map((key) => chain.send(rig.deed(key), never)));
    expect(await Promise.all(many.map(rig.times))).toEqual(many.map(() => 1));
    expect(noncesIn(home.home)).toEqual(many.map((_, i) => i));
    close();
  });

  test("attack: made by another process while this one asks whether it can be: that one's receipt, and no refusal", async () => {
    const key = newKey();
    const first = open();
    const proxy = startRpcProxy(rig.url);
    const second = open({ rpcUrls: [proxy.url] });
    let made: Promise<unknown> | undefined;
    proxy.misbehave(async ({ method }) => {
      if (method !== "eth_estimateGas") return undefined;
      made ??= first.chain.send(rig.deed(key), never).then(() => rig.close(true));
      await made;
      return undefined;
    });
    try {
      const receipt = await second.chain.send(rig.deed(key), never);
      expect(receipt).toEqual(await first.chain.send(rig.deed(key), never));
      expect(await rig.times(key)).toBe(1);
      expect(second.events).toContain("toy refused");
    } finally {
      await rig.close(false);
      second.close();
      first.close();
      await proxy.stop();
    }
  });

  test("an estimate says what it would cost at most, and sends nothing", async () => {
    const { chain, close } = open();
    const intent = rig.deed(newKey());
    const { gas, cost } = await chain.estimate(intent);
    const receipt = await chain.send(intent, never);
    expect(cost).toBeGreaterThanOrEqual(receipt.cost);
    expect(gas).toBeGreaterThan(50_000n);
    expect((await chain.estimate(intent)).cost).toBe(receipt.cost);
    close();
  });
});

describe("what is refused is not sent", () => {
  const reasons: Record<string, [call: string, args: unknown[], reason: string | undefined]> = {
    "a panic": ["panic", [0n], "Panic(0x12): division by zero"],
    "an error of the contract's own": ["tooLate", [], "TooLate(7, over)"],
    "attack: a reason with escapes for the terminal": ["hostile", [], "[2Jgone"],
    "no reason": ["silent", [], undefined],
  };
  for (const [name, [call, args, reason]] of Object.entries(reasons)) {
    test(name, async () => {
      const { chain, events, close } = open();
      const error = await errorOf(chain.send(rig.deed(newKey(), { data: rig.call(call, args), abi: rig.abi }), never));
      expect([error.code, error.reason]).toEqual(["transaction_refused", reason]);
      expect(noncesIn(home.home)).toEqual([]);
      expect(events).toEqual(["toy refused"]);
      close();
    });
  }

  test("an error that nobody told us of is shown by its selector", async () => {
    const { chain, close } = open();
    const error = await errorOf(chain.send(rig.deed(newKey(), { data: rig.call("tooLate") }), never));
    expect(error.reason).toMatch(/^unknown error 0x[0-9a-f]{8}$/);
    close();
  });

  test("a day's gas that is spent: durable, by network, and those on their way count at their most", async () => {
    const one = open({ gasPerDay: parseGwei("400000") });
    await one.chain.send(rig.deed(newKey()), never);
    await rig.client.setAutomine(false);
    const waiting = new AbortController();
    const key = newKey();
    const sent = errorOf(one.chain.send(rig.deed(key), waiting.signal));
    await until(() => noncesIn(home.home).length === 2);
    waiting.abort();
    expect((await sent).code).toBe("transaction_pending");
    one.close();
    const two = open({ gasPerDay: parseGwei("250000") });
    const error = await errorOf(two.chain.send(rig.deed(newKey()), never));
    expect(error.code).toBe("gas_budget_spent");
    expect(noncesIn(home.home)).toHaveLength(2);
    await rig.client.setAutomine(true);
    await rig.client.mine({ blocks: 1 });
    await two.chain.send(rig.deed(newKey(), { network: "other" }), never);
    await two.chain.send(rig.deed(key), never);
    expect(await rig.times(key)).toBe(1);
    two.close();
  });

  test("gas that is dearer than maxFeePerGas", async () => {
    const { chain, close } = open({ maxFeePerGas: 1n });
    expect((await errorOf(chain.send(rig.deed(newKey()), never))).code).toBe("gas_budget_spent");
    close();
  });

  test("an account without enough", async () => {
    home = await rig.home("0.00001");
    const { chain, close } = open();
    const error = await errorOf(chain.send(rig.deed(newKey()), never));
    expect([error.code, error.hint]).toEqual(["funds_missing", `Send ETH to ${home.address}.`]);
    expect((await errorOf(chain.send(rig.deed(newKey(), { value: parseEther("1") }), never))).code).toBe(
      "funds_missing",
    );
    close();
  });
});

describe("a transaction that is stuck", () => {
  test("is replaced with both fees raised by an eighth, and the receipt of whichever was mined counts", async () => {
    await rig.client.setAutomine(false);
    const key = newKey();
    const { chain, transactions, events, close } = open();
    const sent = chain.send(rig.deed(key), never);
    await until(() => (transactions.ofKey(key)?.attempts.length ?? 0) >= 3);
    await rig.client.mine({ blocks: 1 });
    const receipt = await sent;
    const attempts = transactions.ofKey(key)?.attempts ?? [];
    for (const [i, { maxFee, priorityFee }] of attempts.entries()) {
      const before = attempts[i - 1];
      if (!before) continue;
      expect(maxFee * 1000n).toBeGreaterThanOrEqual(before.maxFee * 1125n);
      expect(priorityFee * 1000n).toBeGreaterThanOrEqual(before.priorityFee * 1125n);
    }
    expect(attempts.map(({ hash }) => hash)).toContain(receipt.transaction);
    expect(await rig.times(key)).toBe(1);
    expect(events).toContain("toy raised");
    close();
  });

  test("attack: a clock that is set back by an hour: it is raised all the same", async () => {
    await rig.client.setAutomine(false);
    const key = newKey();
    let behind = 0;
    const clock: Clock = {
      now: () => systemClock.now() - behind,
      monotonic: () => systemClock.monotonic(),
      after: (ms, fn) => systemClock.after(ms, fn),
    };
    const { chain, transactions, close } = open({ clock, timing: { ...QUICK, stuckMs: 1000 } });
    const sent = chain.send(rig.deed(key), never);
    await until(() => transactions.ofKey(key)?.attempts.length === 1);
    behind = 3_600_000;
    await until(() => transactions.ofKey(key)?.attempts.length === 2);
    await rig.client.mine({ blocks: 1 });
    await sent;
    close();
  });

  test("is not raised past maxFeePerGas, nor past the day's gas", async () => {
    await rig.client.setAutomine(false);
    for (const bound of [{ maxFeePerGas: parseGwei("3") }, { gasPerDay: parseGwei("260000") }]) {
      const key = newKey();
      const { chain, transactions, log, close } = open(bound);
      const sent = chain.send(rig.deed(key), never);
      await until(() => log.lines.some(({ message }) => message === "a stuck transaction's fees are not raised"));
      for (const { maxFee } of transactions.ofKey(key)?.attempts ?? [])
        expect(maxFee).toBeLessThanOrEqual(bound.maxFeePerGas ?? parseGwei("5"));
      await rig.client.mine({ blocks: 1 });
      await sent;
      close();
    }
  });

  test("that the pool has dropped is sent again, the very same bytes", async () => {
    await rig.client.setAutomine(false);
    const key = newKey();
    const { chain, transactions, close } = open({ timing: { ...QUICK, stuckMs: 60_000 } });
    const sent = chain.send(rig.deed(key), never);
    await until(() => transactions.ofKey(key) !== undefined);
    const hash = transactions.ofKey(key)?.attempts[0]?.hash ?? "0x";
    await until(
      async () => (await rig.client.getTransactionCount({ address: home.address, blockTag: "pending" })) === 1,
    );
    await rig.client.dropTransaction({ hash });
    await rig.client.mine({ blocks: 1 });
    expect(await rig.times(key)).toBe(0);
    await until(
      async () => (await rig.client.getTransactionCount({ address: home.address, blockTag: "pending" })) === 1,
    );
    await rig.client.mine({ blocks: 1 });
    expect((await sent).transaction).toBe(hash);
    close();
  });
});

test("receipts that come later than the count do not make a transaction another wallet's", async () => {
  const proxy = startRpcProxy(rig.url);
  proxy.misbehave(({ id, method }) =>
    method === "eth_getTransactionReceipt" ? Response.json({ jsonrpc: "2.0", id, result: null }) : undefined,
  );
  const key = newKey();
  const { chain, events, close } = open({ rpcUrls: [proxy.url], timing: { ...QUICK, foreignMs: 60_000 } });
  const sent = chain.send(rig.deed(key, { again: async () => true }), never);
  await until(async () => (await rig.times(key)) === 1);
  await rig.client.mine({ blocks: 30 });
  await Bun.sleep(300);
  proxy.misbehave(undefined);
  await sent;
  expect(await rig.times(key)).toBe(1);
  expect(events).toEqual(["toy signed", "toy mined"]);
  close();
  await proxy.stop();
});

test("a transaction that fails in its block has cost its gas, and says why; it is not sent again", async () => {
  await rig.client.setAutomine(false);
  const key = newKey();
  const { chain, earned, close } = open();
  const sent = errorOf(chain.send(rig.deed(key), never));
  const pool = () => rig.client.getTransactionCount({ address: home.address, blockTag: "pending" });
  await until(async () => (await pool()) === 1);
  await rig.close(true);
  await rig.client.mine({ blocks: 1 });
  expect(await sent).toMatchObject({ code: "transaction_failed", reason: undefined });
  expect(earned()).toHaveLength(1);
  await rig.client.mine({ blocks: 1 });
  expect((await errorOf(chain.send(rig.deed(key), never))).code).toBe("transaction_failed");
  const refused = await errorOf(chain.send(rig.deed(newKey()), never));
  expect([refused.code, refused.reason]).toEqual(["transaction_refused", "Max claims reached"]);
  await rig.close(false);
  await rig.client.mine({ blocks: 1 });
  expect([await rig.times(key), noncesIn(home.home)]).toEqual([0, [0]]);
  close();
});

test("what was settled 90 days ago is let go while the node runs; its gas stays in the earnings", async () => {
  const first = open();
  const keys = [newKey(), newKey()];
  for (const key of keys) await first.chain.send(rig.deed(key), never);
  await rig.client.mine({ blocks: 5 });
  const stop = new AbortController();
  const running = first.chain.run(stop.signal);
  await until(() => first.transactions.open().length === 0);
  stop.abort();
  await running;
  first.close();
  const later = open({ clock: { ...systemClock, now: () => Date.now() + 91 * 86_400_000 } });
  const end = new AbortController();
  const again = later.chain.run(end.signal);
  await until(() => later.transactions.ofKey(keys[0] ?? "") === undefined);
  expect([noncesIn(home.home), later.earned().length]).toEqual([[1], 2]);
  end.abort();
  await again;
  later.close();
});

describe("a reorg", () => {
  test("that takes a receipt back is noticed, and the same bytes are sent again", async () => {
    const key = newKey();
    const { chain, transactions, events, close } = open({ timing: { ...QUICK, settledAfter: 50 } });
    const stop = new AbortController();
    const snapshot = await rig.client.snapshot();
    const receipt = await chain.send(rig.deed(key), never);
    const running = chain.run(stop.signal);
    await rig.client.setAutomine(false);
    await rig.client.revert({ id: snapshot });
    expect(await rig.times(key)).toBe(0);
    await rig.client.mine({ blocks: 5 });
    await until(() => events.includes("toy reorganised"));
    await until(
      async () => (await rig.client.getTransactionCount({ address: home.address, blockTag: "pending" })) === 1,
    );
    await rig.client.mine({ blocks: 1 });
    await until(() => transactions.ofKey(key)?.state === "mined");
    expect(await chain.send(rig.deed(key), never)).toMatchObject({ transaction: receipt.transaction });
    expect(await rig.times(key)).toBe(1);
    expect(noncesIn(home.home)).toEqual([0]);
    await rig.client.mine({ blocks: 60 });
    await until(() => transactions.open().length === 0);
    stop.abort();
    await running;
    close();
  });

  test("to another attempt of the same transaction: its gas is counted once, as the chain has it now", async () => {
    const key = newKey();
    const one = open({ timing: { ...QUICK, settledAfter: 50 } });
    const snapshot = await rig.client.snapshot();
    await rig.client.setAutomine(false);
    const sent = one.chain.send(rig.deed(key), never);
    await until(() => (one.transactions.ofKey(key)?.attempts.length ?? 0) > 1);
    const [first] = one.transactions.ofKey(key)?.attempts ?? [];
    await Bun.sleep(100);
    await rig.client.mine({ blocks: 1 });
    const { transaction } = await sent;
    expect(one.earned().map((row) => row.transaction)).toEqual([transaction]);
    expect(transaction).not.toBe(first?.hash ?? "0x");
    one.close();
    await rig.client.revert({ id: snapshot });
    await rig.client.setAutomine(true);
    await rig.client.sendRawTransaction({ serializedTransaction: first?.raw ?? "0x" });
    const two = open({ timing: { ...QUICK, settledAfter: 50 } });
    const stop = new AbortController();
    const running = two.chain.run(stop.signal);
    await until(() => two.transactions.ofKey(key)?.mined?.hash === first?.hash);
    const { gasUsed, effectiveGasPrice } = await rig.client.getTransactionReceipt({ hash: first?.hash ?? "0x" });
    expect(two.earned()).toMatchObject([{ transaction: first?.hash, amount: gasUsed * effectiveGasPrice }]);
    stop.abort();
    await running;
    two.close();
  });

  test("as many blocks are waited for as were asked for", async () => {
    const key = newKey();
    const { chain, transactions, close } = open({ confirmations: 3 });
    const sent = chain.send(rig.deed(key), never);
    await until(async () => (await rig.times(key)) === 1);
    await Bun.sleep(200);
    expect(transactions.ofKey(key)?.state).toBe("sent");
    await rig.client.mine({ blocks: 2 });
    await sent;
    close();
  });
});

describe("a foreign wallet on the same account", () => {
  /** Sends from the account past us, and mines it. */
  const elsewhere = () =>
    rig.client.sendTransaction({
      account: home.address,
      to: home.address,
      value: 1n,
      chain: null,
      gasPrice: parseGwei("90"),
    });

  /** Ours waits in the pool when the other one takes its nonce. */
  async function taken(key: string, again?: () => Promise<boolean>) {
    await rig.client.setAutomine(false);
    const opened = open({ timing: { ...QUICK, stuckMs: 60_000 } });
    const sent = opened.chain.send(rig.deed(key, again ? { again } : {}), never).catch((error: unknown) => error);
    await until(() => opened.transactions.ofKey(key) !== undefined);
    await until(
      async () => (await rig.client.getTransactionCount({ address: home.address, blockTag: "pending" })) === 1,
    );
    await rig.client.dropTransaction({ hash: opened.transactions.ofKey(key)?.attempts[0]?.hash ?? "0x" });
    await rig.client.sendTransaction({
      ...{ account: home.address, to: home.address, value: 1n, chain: null, nonce: 0, gasPrice: parseGwei("90") },
    });
    await rig.client.mine({ blocks: 1 });
    await rig.client.setAutomine(true);
    await rig.client.mine({ blocks: 6 });
    return { ...opened, sent };
  }

  test("is seen, and nothing new is made unless the caller says so", async () => {
    const key = newKey();
    const { chain, sent, events, earned, close } = await taken(key);
    expect(await sent).toMatchObject({ code: "transaction_replaced" });
    expect(earned()).toEqual([]);
    expect((await errorOf(chain.send(rig.deed(key), never))).code).toBe("transaction_replaced");
    const no = rig.deed(key, { again: async () => false });
    expect((await errorOf(chain.send(no, never))).code).toBe("transaction_replaced");
    expect(await rig.times(key)).toBe(0);
    expect(events).toContain("toy replaced");
    close();
  });

  test("with the caller's word a new one is made, once", async () => {
    const key = newKey();
    let asked = 0;
    const { chain, sent, close } = await taken(key, async () => ++asked === 1);
    const receipt = await sent;
    expect(receipt).toMatchObject({ logs: [{ address: rig.deeds }] });
    expect(await chain.send(rig.deed(key), never)).toMatchObject({ logs: [{ address: rig.deeds }] });
    expect([await rig.times(key), asked]).toEqual([1, 1]);
    expect(noncesIn(home.home)).toEqual([0, 1]);
    close();
  });

  test("one that came before is counted with", async () => {
    await elsewhere();
    await elsewhere();
    const key = newKey();
    const { chain, close } = open();
    await chain.send(rig.deed(key), never);
    await elsewhere();
    await chain.send(rig.deed(newKey()), never);
    expect(noncesIn(home.home)).toEqual([2, 4]);
    close();
  });
});

test("no RPC answers: the hint names the setting that has them, in whatever section", async () => {
  const rpcUrls = ["http://127.0.0.1:9"];
  for (const [options, setting] of [
    [{ rpcUrls }, "networks.toy.rpcUrls"],
    [{ rpcUrls, rpcSetting: "rpcProvider" }, "rpcProvider"],
  ] as const) {
    const { chain, close } = open(options);
    const error = await chain.send(rig.deed(newKey()), never).catch((thrown: unknown) => thrown);
    close();
    expect(error).toMatchObject({ hint: `Check ${setting} in config.yaml.` });
  }
});
