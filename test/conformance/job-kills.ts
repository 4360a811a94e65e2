// The job pipeline in a process of its own, on real SQLite, killed again and again; the far side is this process.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import type { JobRecord } from "../../src/networks/jobs/job.ts";
import { jobRecords } from "../../src/networks/jobs/job-book.ts";
import { openReadOnly } from "../../src/store/database.ts";
import { networkState } from "../../src/store/network-state.ts";
import { FAR_OPS, JobFarSide } from "../fakes/job-far-side.ts";
import { seeded } from "../fakes/seeded.ts";
import { KillCampaign } from "./kill-campaign.ts";

const CHILD = join(import.meta.dir, "..", "fakes", "job-process.ts");
/** Jobs that are on offer at a time. */
const ON_OFFER = 6;
const FINISH_MS = 60_000;

export interface JobKillsResult {
  readonly jobs: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** How often it was killed at each point that the far side knows. */
  readonly points: Readonly<Record<string, number>>;
  /** What must never happen, in words. */
  readonly wrong: readonly string[];
}

export async function jobKills(seed: number, kills: number): Promise<JobKillsResult> {
  const random = seeded(seed);
  const home = mkdtempSync(join(tmpdir(), "fxn-jobs-"));
  const far = new JobFarSide();
  const known = new Set<string>();
  let publishing = true;

  const onDisk = (): readonly JobRecord[] => {
    const db = openReadOnly(home);
    const found = db ? jobRecords(networkState(db, "toy", systemClock)) : [];
    db?.close();
    return found;
  };
  const allEnded = () => {
    const records = onDisk();
    return records.length === far.jobs.size && records.every(({ step }) => step === "ended");
  };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      const [name = "", id = ""] = new URL(request.url).pathname.slice(1).split("/");
      const value = await request.text();
      if (name === "offered") {
        const open = [...far.jobs.values()].filter(({ submits, id: one }) => submits === 0 && !known.has(one)).length;
        if (publishing && open < ON_OFFER) far.publish();
        return Response.json(far.offered());
      }
      const killed = await campaign.reached(`${name} asked`);
      // What was sent before the end arrives, or does not.
      if (killed && random() < 0.5) return new Response();
      const op = FAR_OPS.find((one) => one === name);
      const answer = op ? far.answer(op, id, value) : "ok";
      await campaign.reached(`${name} done`);
      return new Response(answer);
    },
  });
  const campaign = new KillCampaign({
    random,
    mostMs: 600,
    patienceMs: 1500,
    start: () =>
      Bun.spawn([process.execPath, CHILD, home, server.url.origin], { stdout: "inherit", stderr: "inherit" }),
    afterKill: () => {
      const now = new Map(onDisk().map((record) => [record.id, record.step]));
      for (const id of known) if (!now.has(id)) far.wrong.push(`${id} is no longer on the disk`);
      for (const [id] of now) known.add(id);
    },
  });
  try {
    await campaign.run(kills);
    publishing = false;
    const code = await campaign.finish(allEnded, FINISH_MS);
    if (code !== 0) far.wrong.push(`the last run ended with ${code}`);
    const outcomes: Record<string, number> = {};
    for (const { id, outcome, step } of onDisk()) {
      outcomes[outcome ?? step] = (outcomes[outcome ?? step] ?? 0) + 1;
      far.check(id, outcome);
    }
    const points = Object.fromEntries([...campaign.points].sort());
    return { jobs: far.jobs.size, outcomes, points, wrong: far.wrong };
  } finally {
    await server.stop(true);
    rmSync(home, { recursive: true });
  }
}
