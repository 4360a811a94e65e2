// A job of OARN, step by step: how long each may take, and how often it is tried.
import type { JobKind, JobStep } from "../../jobs/job.ts";
import { claim } from "./claim.ts";
import { output, submit } from "./deliver.ts";
import { type OarnFacts, oarnFacts } from "./facts.ts";
import { match } from "./match.ts";
import type { StepPorts } from "./ports.ts";
import { input, run } from "./run.ts";
import { settle } from "./settle.ts";

export interface KindLimits {
  readonly taskMs: number;
  readonly fetchMs: number;
}

const TRANSACTION_MS = 10 * 60 * 1000;
const RETRY_MS = 5000;

export function oarnKind(ports: StepPorts, { taskMs, fetchMs }: KindLimits): JobKind<OarnFacts> {
  const step = (
    name: JobStep<OarnFacts>["name"],
    work: JobStep<OarnFacts>["run"],
    limitMs: number,
    tries: number,
  ): JobStep<OarnFacts> => ({ name, holdsPlace: name !== "settle", limitMs, tries, retryMs: RETRY_MS, run: work });
  return {
    facts: oarnFacts,
    steps: [
      step("match", (job, signal) => match(job, ports, signal), 2 * fetchMs, 8),
      step("claim", (job, signal) => claim(job, ports, signal), TRANSACTION_MS, 8),
      step("input", (job, signal) => input(job, ports, signal), 2 * fetchMs, 8),
      step("run", (job, signal) => run(job, ports, signal), taskMs, 3),
      step("output", (job, signal) => output(job, ports, signal), fetchMs, 12),
      step("submit", (job, signal) => submit(job, ports, signal), TRANSACTION_MS, 14),
      // An RPC may be away for days.
      step("settle", (job) => settle(job, ports), 5 * 60 * 1000, 200),
    ],
    modelOf: ({ model }) => model,
  };
}
