// A long run of the job pipeline on a fake clock: it dies at any await, its disk is full at times, calls are lost; by a seed.
import { FxnError } from "../../src/core/errors.ts";
import type { NetworkState } from "../../src/core/network-state.ts";
import { jobRecords } from "../../src/networks/jobs/job-book.ts";
import { JobPipeline } from "../../src/networks/jobs/pipeline.ts";
import { storeUnavailable } from "../../src/store/errors.ts";
import { FakeClock } from "../fakes/clock.ts";
import { JobFarSide } from "../fakes/job-far-side.ts";
import { FakeLog } from "../fakes/log.ts";
import { FakeNetworkState } from "../fakes/network-state.ts";
import { seeded } from "../fakes/seeded.ts";
import { type FarCall, toyJobs } from "../fakes/toy-jobs.ts";

const MOST = 3;
const DAY_MS = 24 * 60 * 60 * 1000;
const never = new Promise<never>(() => {});

export interface JobCampaignResult {
  readonly crashes: number;
  readonly stops: number;
  readonly jobs: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** What must never happen, in words. */
  readonly wrong: readonly string[];
}

export async function jobCampaign(seed: number, lives: number): Promise<JobCampaignResult> {
  const random = seeded(seed);
  const clock = new FakeClock();
  const disk = new FakeNetworkState(clock);
  const far = new JobFarSide();
  const taken = new Set<string>();
  const counts = { crashes: 0, stops: 0 };
  let calm = false;

  /** One run of the node: after so many moments it is gone, and nothing that it still does has any effect. */
  function live(moments: number) {
    let dead = false;
    let left = moments;
    const died = Promise.withResolvers<void>();
    const moment = () => {
      if (dead || calm || left-- > 0) return;
      dead = true;
      died.resolve();
    };
    const write = <Args extends unknown[], T>(act: (...args: Args) => T) => {
      return (...args: Args): T => {
        moment();
        if (dead || (!calm && random() < 0.03)) throw storeUnavailable("writing", new Error("no space"));
        const result = act(...args);
        moment();
        return result;
      };
    };
    const state: NetworkState = {
      get: (kind, key) => disk.get(kind, key),
      all: (kind) => disk.all(kind),
      add: write((...args) => disk.add(...args)),
      set: write((...args) => disk.set(...args)),
      remove: write((...args) => disk.remove(...args)),
      forget: write((...args) => disk.forget(...args)),
    };
    const hop = async () => {
      await new Promise<void>((resolve) => clock.after(Math.floor(random() * 20), resolve));
      moment();
      if (dead) await never;
      if (!calm && random() < 0.04) throw new FxnError("lost", 503, "the connection broke");
    };
    const call: FarCall = async (op, id, value) => {
      await hop();
      const answer = far.answer(op, id, value);
      await hop();
      return answer;
    };
    const work = async (input: string) => {
      await hop();
      return `answer to ${input}`;
    };
    const mortal = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after: (ms: number, fn: () => void) => clock.after(ms, () => !dead && fn()),
    };
    const running = (count: number) => {
      if (!dead && count > MOST) far.wrong.push(`${count} jobs had places`);
    };
    const pipeline = new JobPipeline(
      toyJobs(call, work),
      {
        network: "toy",
        state,
        random,
        clock: mortal,
        log: new FakeLog(),
        metrics: { call() {}, work() {}, running },
        admission: () => ({ places: MOST, reason: undefined }),
      },
      { maxConcurrent: MOST, dryRun: false, keepMs: DAY_MS },
    );
    const stop = new AbortController();
    const ended = pipeline.run(stop.signal);
    return { pipeline, stop, ended, died: died.promise, dead: () => dead };
  }

  const offerAll = (pipeline: JobPipeline<{ model: string }>) => {
    for (const id of far.offered()) {
      try {
        if (pipeline.offer(id, { model: "tiny" }) === "taken") taken.add(id);
      } catch {
        // Perhaps it is on the disk, perhaps not: if it is, it must come to its end like any other.
      }
    }
  };

  for (let n = 0; n < lives; n++) {
    const life = live(1 + Math.floor(random() ** 2 * 600));
    const patience = 20 + Math.floor(random() * 60);
    for (let turn = 0; turn < patience && !life.dead(); turn++) {
      if (random() < 0.2 && [...far.jobs.keys()].length < taken.size + 5) far.publish();
      offerAll(life.pipeline);
      await clock.advance(10);
    }
    if (life.dead()) {
      counts.crashes++;
      continue;
    }
    counts.stops++;
    if (random() < 0.5) void life.pipeline.drain(life.stop.signal);
    await clock.advance(Math.floor(random() * 200));
    life.stop.abort();
    await clock.advance(20_000);
    if (!life.dead()) await life.ended;
  }
  calm = true;
  const last = live(0);
  for (let turn = 0; turn < 400; turn++) {
    offerAll(last.pipeline);
    await clock.advance(100);
  }
  const outcomes: Record<string, number> = {};
  const records = new Map(jobRecords(disk).map((record) => [record.id, record]));
  for (const id of taken) if (!records.has(id)) far.wrong.push(`${id} was lost`);
  for (const { id, outcome, step } of records.values()) {
    outcomes[outcome ?? step] = (outcomes[outcome ?? step] ?? 0) + 1;
    far.check(id, outcome);
  }
  last.stop.abort();
  await last.ended;
  return { ...counts, jobs: records.size, outcomes, wrong: far.wrong };
}
