// Helper process: a node with nothing but the toy network's jobs, on a real disk. Arguments: home, URL of the far side.
import { z } from "zod";
import { systemClock } from "../../src/core/clock.ts";
import { JobPipeline } from "../../src/networks/jobs/pipeline.ts";
import { openDatabase } from "../../src/store/database.ts";
import { networkState } from "../../src/store/network-state.ts";
import { type FarCall, toyJobs } from "./toy-jobs.ts";

const [home = "", far = ""] = process.argv.slice(2);
const MOST = 3;
const DAY_MS = 24 * 60 * 60 * 1000;

const ask = async (path: string, body = "") => (await fetch(`${far}/${path}`, { method: "POST", body })).text();
const call: FarCall = (op, id, value) => ask(`${op}/${id}`, value);
const work = async (input: string) => {
  await ask("working");
  return `answer to ${input}`;
};
const complain = (fields: object, message: string) => console.error(JSON.stringify(fields), message);

const db = openDatabase(home, { claim: () => undefined, refuseUpTo() {} });
const pipeline = new JobPipeline(
  toyJobs(call, work),
  {
    network: "toy",
    state: networkState(db, "toy", systemClock),
    clock: systemClock,
    log: { debug() {}, info() {}, warn() {}, error: complain },
    random: Math.random,
    metrics: { call() {}, work() {}, running() {} },
    admission: () => ({ places: MOST, reason: undefined }),
  },
  { maxConcurrent: MOST, dryRun: false, keepMs: DAY_MS },
);
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
const ended = pipeline.run(stop.signal);
while (!stop.signal.aborted) {
  for (const id of z.array(z.string()).parse(JSON.parse(await ask("offered")))) pipeline.offer(id, { model: "tiny" });
  await Bun.sleep(15);
}
await ended;
db.close();
