// A verifier waits here for the leader, and compares; it holds no place meanwhile, so that leaders are not kept waiting by it.
import type { JobStep } from "../../jobs/job.ts";
import { back, end, next, wait } from "../../jobs/verdicts.ts";
import { commitmentOf } from "../commitment.ts";
import { getJobStatus } from "../icl-routes.ts";
import { PATIENCE_MS } from "./claim.ts";
import { decided } from "./decided.ts";
import type { Facts } from "./facts.ts";
import type { JobPorts } from "./ports.ts";

const FIRST_MS = 500;
const MOST_MS = 10_000;

export function outputStep(ports: JobPorts): JobStep<Facts> {
  return {
    name: "output",
    holdsPlace: false,
    limitMs: 35_000,
    tries: 6,
    retryMs: 2000,
    async run({ id, facts, since }, signal) {
      if (facts.role === "leader") return next(facts);
      const plain = ports.plain.of(id);
      if (plain.answer === undefined) return back("input");
      const { status, outputCid, leaderCommitment } = await getJobStatus(ports.icl, id, signal);
      if (outputCid === undefined) {
        const late = ports.clock.now() - since > PATIENCE_MS;
        if (!late && !decided(status)) return wait(Math.min(MOST_MS, FIRST_MS * 2 ** plain.waits++));
        ports.plain.forget(id);
        return end("lost", late ? "its leader has not delivered" : `it is over without an answer: ${status}`);
      }
      const commitment = commitmentOf(outputCid, plain.answer);
      ports.plain.forget(id);
      return next({ ...facts, vote: { commitment, verdict: commitment === leaderCommitment ? "CONFIRM" : "REJECT" } });
    },
  };
}
