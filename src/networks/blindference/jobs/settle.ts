// What the quorum makes of it. The reward is paid by a service, which is asked for it elsewhere.
import type { JobStep } from "../../jobs/job.ts";
import { end, wait } from "../../jobs/verdicts.ts";
import { getJobStatus } from "../icl-routes.ts";
import { decided } from "./decided.ts";
import type { Facts } from "./facts.ts";
import type { JobPorts } from "./ports.ts";

const LOOK_MS = 10_000;
const LONGEST_MS = 30 * 60 * 1000;

export function settleStep({ icl, clock, claims }: JobPorts): JobStep<Facts> {
  return {
    name: "settle",
    holdsPlace: false,
    limitMs: 35_000,
    tries: 20,
    retryMs: 5000,
    async run({ id, facts, since }, signal) {
      const { status } = await getJobStatus(icl, id, signal);
      const outcome = decided(status);
      const did = facts.vote ? `voted ${facts.vote.verdict}` : "led";
      if (outcome) {
        claims.over(id);
        return end(outcome, `${did}; ${status}`);
      }
      return clock.now() - since > LONGEST_MS ? end("unpaid", `${did}; no decision`) : wait(LOOK_MS);
    },
  };
}
