// The claim: it starts five minutes at the ICL, after which a node that has not delivered is punished. Whoever can, goes without.
import { sleep } from "../../../core/clock.ts";
import type { Job, JobStep, Verdict } from "../../jobs/job.ts";
import { back, end, next, wait } from "../../jobs/verdicts.ts";
import { type Claimed, claimTask, getJobStatus } from "../icl-routes.ts";
import { decided } from "./decided.ts";
import type { Facts } from "./facts.ts";
import type { JobPorts } from "./ports.ts";

/** Well before the ICL's five minutes are over. */
const LEAD_MS = 240_000;
const SPARE_MS = 20_000;
const LEAST_MS = 45_000;
/** A leader that has not delivered by then will not. */
export const PATIENCE_MS = 10 * 60 * 1000;
/** From a job's beginning: for so long it waits for other claims of this node to be over. */
const OTHERS_MS = 2 * 60 * 1000;
const LOOK_MS = 5000;
/** So often the handles of a key are asked for that only a claim gives. */
const CLAIMS = 4;
const AGAIN_MS = 4000;

export function claimStep(ports: JobPorts): JobStep<Facts> {
  return {
    name: "claim",
    holdsPlace: true,
    limitMs: 35_000,
    // A claim whose answer was lost may stand: it is asked for until the ICL is back, which may take minutes.
    tries: 8,
    retryMs: 1000,
    run: (job, signal) => (job.facts.role === "leader" ? lead(ports, job, signal) : verify(ports, job, signal)),
  };
}

async function lead(ports: JobPorts, job: Job<Facts>, signal: AbortSignal): Promise<Verdict<Facts>> {
  const { id, facts } = job;
  const { leading, claims, icl, clock } = ports;
  // It has waited for its place, perhaps through a restart: nothing is claimed whose prompt is not at hand.
  if (facts.deadline === null && facts.handles && ports.plain.of(id).prompt === undefined) return back("match");
  const { status, outputCid } = await getJobStatus(icl, id, signal);
  if (decided(status) || outputCid !== undefined) return end("lost", `it is over already: ${status}`);
  // A claim whose answer was lost may stand: then the best is to keep it.
  const refusal = claims.mayStand(id) ? undefined : await leading.refusal();
  if (refusal) return end("declined", `this node does not lead: ${refusal.why}`);
  const risk = await claims.risk(id);
  // Those before it are a matter of seconds, if they come to a good end.
  if (risk?.passes && clock.now() - job.since < OTHERS_MS) return wait(LOOK_MS);
  if (risk) return end("declined", risk.why);
  const claimed = await claim(ports, job, signal);
  const handles = facts.handles ?? handlesOf(claimed);
  if (!handles) return end("failed", "the ICL has no key of its prompt");
  return next({ ...facts, handles, deadline: clock.now() + allowedMs(claimed, clock.now()) });
}

/**
 * A vote needs no claim, and a verifier that has claimed is punished where the leader is late: so it claims only for the
 * handles of a key that it cannot learn otherwise, and only when the leader has delivered. Its vote does not end the claim,
 * since others may still be missing: only a decision does.
 */
async function verify(ports: JobPorts, job: Job<Facts>, signal: AbortSignal): Promise<Verdict<Facts>> {
  const { id, facts, since } = job;
  const { icl, clock, claims } = ports;
  if (facts.handles) return next(facts);
  const { status, outputCid } = await getJobStatus(icl, id, signal);
  if (decided(status)) return end("lost", `it is over already: ${status}`);
  if (outputCid === undefined) {
    return clock.now() - since > PATIENCE_MS ? end("lost", "its leader has not delivered") : wait(LOOK_MS);
  }
  const risk = await claims.risk(id);
  if (risk) return end("declined", risk.why);
  const handles = handlesOf(await claim(ports, job, signal));
  return handles ? next({ ...facts, handles }) : end("failed", "the ICL has no key of its prompt");
}

/** The ICL reads handles from a chain that may be behind; each claim begins its minutes anew. */
async function claim({ icl, clock }: JobPorts, { id, facts }: Job<Facts>, signal: AbortSignal): Promise<Claimed> {
  for (let left = CLAIMS; ; left--) {
    const claimed = await claimTask(icl, id, signal);
    if (left <= 1 || facts.handles || handlesOf(claimed)) return claimed;
    await sleep(clock, AGAIN_MS, signal);
  }
}

function handlesOf({ kpHighHandle: high, kpLowHandle: low }: Claimed): Facts["handles"] {
  return high === undefined || low === undefined ? null : { high: String(high), low: String(low) };
}

/** An older ICL gives two minutes; a clock that is far off its own says nothing. */
function allowedMs({ claimDeadline }: Claimed, now: number): number {
  const told = (claimDeadline ?? 0) * 1000 - now - SPARE_MS;
  return told >= LEAST_MS && told < LEAD_MS ? told : LEAD_MS;
}
