// All five networks on in one node under mixed load, while one's coordinator dies and comes back and the node is restarted:
// nothing is lost, nothing is done twice, nothing grows. FXN_SOAK_SECONDS sets its length; the default is ten minutes.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { parseEther } from "viem";
import { z } from "zod";
import { systemClock } from "../../src/core/clock.ts";
import type { JobRecord } from "../../src/networks/jobs/job.ts";
import { jobRecords } from "../../src/networks/jobs/job-book.ts";
import { openReadOnly } from "../../src/store/database.ts";
import { networkState } from "../../src/store/network-state.ts";
import { fxn } from "../e2e/node.ts";
import { type ProcessFacts, processFacts } from "../fakes/process-facts.ts";
import { type FiveNetworks, openFiveNetworks } from "./five-networks.ts";
import { MixedLoad, type NetworkName } from "./mixed-load.ts";

const SECONDS = Number(process.env.FXN_SOAK_SECONDS ?? 600);
const SAMPLE_MS = Math.min(5000, SECONDS * 10);
/** Until everything that was asked has its end, and its money. */
const END_MS = 120_000;
/** Long enough for every network to have something done. */
const OUTAGE_SECONDS = Math.max(10, SECONDS / 30);
/** After that, whoever was away or is new has been heard of. */
const SOON_MS = 5000;
const OTHERS = ["function", "fedai", "infernet", "oarn"] as const;

let all: FiveNetworks;
beforeAll(async () => {
  all = await openFiveNetworks();
});
afterAll(() => all.close());

const status = z.object({ workers: z.tuple([z.int()]) });

async function sample(): Promise<ProcessFacts | undefined> {
  const { stdout } = await fxn(["status", "--home", all.world.home, "--json"]);
  const found = status.safeParse(stdout === "" ? undefined : JSON.parse(stdout));
  // While one process takes over from another, neither may answer.
  return found.success ? processFacts(found.data.workers[0]) : undefined;
}

function records(network: "blindference" | "oarn"): readonly JobRecord[] {
  const db = openReadOnly(all.world.home);
  const found = db ? jobRecords(networkState(db, network, systemClock)) : [];
  db?.close();
  return found;
}

const names = z.enum(["function", "fedai", "infernet", "blindference", "oarn"]);
const counted = z.array(z.object({ network: names, kind: z.string(), rows: z.int() }));

/** What the networks keep in their state, by network and kind. */
function stateRows() {
  const db = openReadOnly(all.world.home);
  const sql = "SELECT network, kind, count(*) AS rows FROM network_state GROUP BY network, kind ORDER BY network, kind";
  const rows = counted.parse(db?.query(sql).all());
  db?.close();
  return rows;
}

const assets = z.array(z.object({ asset: z.string(), rewards: z.string() }));
const earnings = z.object({ rows: z.tuple([z.object({ network: z.literal("oarn"), assets })]) });

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

/** Of one process: what it had when it was warm, and in the end. */
function growth(samples: readonly ProcessFacts[]) {
  const part = (from: number, to: number) => samples.slice(samples.length * from, Math.max(1, samples.length * to));
  const of = (some: readonly ProcessFacts[]) => ({
    megabytes: Math.round(median(some.map(({ megabytes }) => megabytes))),
    openFiles: median(some.map(({ openFiles }) => openFiles)),
  });
  return { warm: of(part(0.2, 0.5)), end: of(part(0.75, 1)) };
}

describe.skipIf(process.platform !== "linux")(`${SECONDS} s of all five networks`, () => {
  test("nothing is lost, nothing is done twice, nothing grows", async () => {
    const samples: ProcessFacts[] = [];
    let going = true;
    const sampling = (async () => {
      for (; going; await Bun.sleep(SAMPLE_MS)) {
        const facts = await sample();
        if (facts) samples.push(facts);
      }
    })();
    const load = new MixedLoad(all);
    const wait = (seconds: number) => Bun.sleep(seconds * 1000);

    await wait(SECONDS * 0.3);
    const before = { ...load.done };
    const away = Date.now();
    await all.killCoordinator();
    await wait(OUTAGE_SECONDS);
    const grew = OTHERS.filter((network) => load.done[network] > before[network]);
    expect([grew, load.wrong]).toEqual([[...OTHERS], []]);
    all.reviveCoordinator();
    const back = Date.now() + SOON_MS;
    await wait(SECONDS * 0.15);
    const began = Date.now();
    expect(await fxn(["restart", "--home", all.world.home])).toMatchObject({ code: 0, stderr: "" });
    const restarted = Date.now() + SOON_MS;
    await wait(SECONDS * 0.5);
    await load.end();
    const ended = () => [...records("blindference"), ...records("oarn")];
    const unended = () => {
      const steps = new Map(ended().map(({ id, step, reason }) => [id, `${step} ${reason ?? ""}`]));
      const given = [
        ...all.quorum.asked.map(({ job }) => job.id),
        ...all.requester.asked.map(({ id }) => all.taskKey(id)),
      ];
      return given.flatMap((id) =>
        steps.get(id)?.startsWith("ended") ? [] : [`${id} ${steps.get(id) ?? "not taken"}`],
      );
    };
    for (const end = Date.now() + END_MS; unended().length > 0 && Date.now() < end; await Bun.sleep(500)) {
      await all.quorum.vote();
      await all.requester.decide();
    }
    expect(unended()).toEqual([]);
    going = false;
    await sampling;

    // Every request and every job has its end, once, and it is the right one.
    const settled = new Set(ended().flatMap(({ id, outcome }) => (outcome === "settled" ? [id] : [])));
    // Before it was promised anything, a job may be given up while its coordinator is away.
    const lost = ended().filter(({ id, at, reason }) => {
      const isGivenUp = at > away && at < back && /^match: /.test(reason ?? "");
      return !settled.has(id) && !isGivenUp;
    });
    const faults = [
      ...load.wrong,
      ...all.quorum.faults(settled),
      ...(await all.requester.faults((id) => settled.has(all.taskKey(id)))),
    ];
    expect([lost, faults]).toEqual([[], []]);
    // Between two processes nobody listens for fed_AI, and a router says so.
    expect(load.refused.filter((at) => at < began || at > restarted)).toEqual([]);

    // What was served is in the ledger, and what was paid in the earnings.
    const served: Record<NetworkName, number> = {
      ...load.done,
      blindference: records("blindference").filter(({ id }) => settled.has(id)).length,
      oarn: all.requester.asked.length,
    };
    const { stdout: ledger } = await fxn(["ledger", "--home", all.world.home, "--by", "network", "--json"]);
    const rows: { network: string; requests: number; ok: number }[] = JSON.parse(ledger).rows;
    expect(Object.fromEntries(rows.map(({ network, ok }) => [network, ok]))).toEqual(served);
    const paid = await all.requester.paid();
    const { stdout: earned } = await fxn(["earnings", "--home", all.world.home, "--by", "network", "--json"]);
    const total = [...paid.values()].reduce((sum, amount) => sum + amount, 0n);
    expect(paid.size).toBe(all.requester.asked.length);
    const [{ assets }] = earnings.parse(JSON.parse(earned)).rows;
    expect(assets.map(({ asset, rewards }) => [asset, parseEther(rewards)])).toEqual([["ETH", total]]);

    // It is well, and says so.
    const { stdout, code } = await fxn(["networks", "status", "--home", all.world.home]);
    const state = stateRows();
    const processes = [...new Set(samples.map(({ pid }) => pid))].map((pid) =>
      growth(samples.filter((one) => one.pid === pid)),
    );
    const memory = samples.map(({ megabytes }) => Math.round(megabytes)).join(" ");
    console.log(
      JSON.stringify({ served, refused: load.refused.length, state, processes, total: String(total) }),
      `\n${memory}\n${earned}\n${stdout}`,
    );
    expect(code).toBe(0);
    for (const network of ["fedai", "infernet", "blindference", "oarn"]) expect(stdout).toContain(`${network}: ready`);
    expect((await fetch(`${all.world.node.admin}/ready`)).status).toBe(200);
    // What is remembered is what was done.
    const done = { ...served, blindference: all.quorum.asked.length };
    for (const { network, rows } of state) expect(rows).toBeLessThanOrEqual(done[network]);
    expect(processes).toHaveLength(2);
    for (const { warm, end } of processes) {
      expect(end.megabytes).toBeLessThan(warm.megabytes * 1.2 + 64);
      expect(end.openFiles).toBeLessThan(warm.openFiles + 20);
    }
    expect(await all.world.node.stop()).toBe(0);
  });
});
