// The prompt in the open, where it is not yet or not any more: after a claim that gave its handles, and after a crash.
import type { JobStep } from "../../jobs/job.ts";
import { back, end, next } from "../../jobs/verdicts.ts";
import type { Facts } from "./facts.ts";
import type { JobPorts } from "./ports.ts";
import { obtainPrompt } from "./prompt.ts";

/** So old a job is not worth a second claim. */
const OLDEST_MS = 15 * 60 * 1000;

export function inputStep(ports: JobPorts): JobStep<Facts> {
  return {
    name: "input",
    holdsPlace: true,
    limitMs: 90_000,
    tries: 7,
    retryMs: 1000,
    async run({ id, facts, since }, signal) {
      const plain = ports.plain.of(id);
      if (plain.prompt !== undefined) return next(facts);
      const now = ports.clock.now();
      // This node was away for longer than its claim: a new one is open again.
      if (facts.deadline !== null && now >= facts.deadline) {
        return now - since < OLDEST_MS ? back("claim") : end("failed", "it was left for too long");
      }
      plain.prompt = await obtainPrompt(ports, facts, signal);
      return next(facts);
    },
  };
}
