// The clients of a home: one queue for all, looked after from the start, metrics by network.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Registry } from "prom-client";
import { parseEther } from "viem";
import { FakeLog } from "../../test/fakes/log.ts";
import { CHAIN_ID, type ChainHome, type ChainRig, noncesIn, startChainRig } from "../../test/sandbox/chain-rig.ts";
import { systemClock } from "../core/clock.ts";
import { signerFromKey } from "../keys/signer.ts";
import { createFetch } from "../lib/fetch.ts";
import { chainMetrics } from "../observe/metrics/chain.ts";
import { openDatabase } from "../store/database.ts";
import { SqliteEarnings, sumEarnings } from "../store/earnings.ts";
import { transactionsIn } from "../store/transactions.ts";
import { ChainClients } from "./chain-clients.ts";

let rig: ChainRig;
beforeAll(async () => {
  rig = await startChainRig();
});
afterAll(() => rig.stop());

function open({ home, key }: ChainHome) {
  const db = openDatabase(home, { claim: () => undefined, refuseUpTo() {} });
  const register = new Registry();
  const chains = new ChainClients({
    ...{
      transactions: transactionsIn(db, systemClock),
      earnings: new SqliteEarnings(db, systemClock),
      fetch: createFetch(systemClock),
      clock: systemClock,
      log: new FakeLog(),
    },
    metrics: chainMetrics(register),
  });
  const account = signerFromKey(Buffer.from(key.slice(2), "hex"));
  return { db, chains, register, account };
}

test("networks with one account have one queue; gas is in the earnings; what a stop left behind is looked after", async () => {
  const home = await rig.home();
  const use = { chainId: CHAIN_ID, rpcUrls: [rig.url], gasPerDay: parseEther("0.1") };
  const first = open(home);
  const toy = first.chains.of("toy", first.account, use);
  expect(first.chains.of("toy", first.account, { ...use })).toBe(toy);
  const other = first.chains.of("other", first.account, use);
  expect(other).not.toBe(toy);
  const never = new AbortController().signal;
  await Promise.all([
    toy.send(rig.deed("a"), never),
    other.send(rig.deed("b", { network: "other" }), never),
    toy.send(rig.deed("c"), never),
  ]);
  expect(noncesIn(home.home)).toEqual([0, 1, 2]);
  expect(sumEarnings(first.db, ["network"], 0).map(({ keys, reward }) => [...keys, reward])).toEqual([
    ["other", 0n],
    ["toy", 0n],
  ]);
  const metrics = await first.register.metrics();
  expect(metrics).toContain(`fxn_chain_transactions_total{network="toy",chain="${CHAIN_ID}",event="signed"} 2`);
  expect(metrics).toMatch(/fxn_chain_rpc_requests_total\{network="other",chain="\d+",endpoint="0",outcome="ok"\} \d/);

  await rig.client.setAutomine(false);
  await toy.send(rig.deed("d"), AbortSignal.timeout(200)).catch(() => undefined);
  first.chains.close();
  first.db.close();
  await rig.client.setAutomine(true);
  await rig.client.mine({ blocks: 1 });

  const second = open(home);
  const stop = new AbortController();
  const running = second.chains.run(stop.signal);
  // First used when they are looked after already.
  second.chains.of("toy", second.account, use);
  const gas = () => sumEarnings(second.db, ["network"], 0).length;
  const count = () =>
    second.db.query<{ n: number }, []>("SELECT count(*) AS n FROM transactions WHERE state = 'mined'").get()?.n;
  for (let i = 0; i < 500 && count() !== 4; i++) await Bun.sleep(20);
  expect([count(), gas(), await rig.times("d")]).toEqual([4, 2, 1]);
  stop.abort();
  await running;

  // A successor failed, and the node goes on.
  const again = new AbortController();
  const runningAgain = second.chains.run(again.signal);
  await second.chains.of("toy", second.account, use).send(rig.deed("e"), never);
  expect(await rig.times("e")).toBe(1);
  again.abort();
  await runningAgain;
  second.db.close();
});
