// The prompt in the open, where it is not yet or not any more: after a claim that gave its handles, and after a crash.
import type { JobStep } from "../../jobs/job.ts";
import { end, next } from "../../jobs/verdicts.ts";
import type { Facts } from "./facts.ts";
import type { JobPorts } from "./ports.ts";
import { obtainPrompt } from "./prompt.ts";

export function inputStep(ports: JobPorts): JobStep<Facts> {
  return {
    name: "input",
    holdsPlace: true,
    limitMs: 90_000,
    tries: 7,
    retryMs: 1000,
    async run({ id, facts }, signal) {
      const plain = ports.plain.of(id);
      if (plain.prompt !== undefined) return next(facts);
      // This node was away for longer than its claim lasts.
      if (facts.deadline !== null && ports.clock.now() >= facts.deadline)
        return end("failed", "it took too long for the ICL's five minutes");
      plain.prompt = await obtainPrompt(ports, facts, signal);
      return next(facts);
    },
  };
}
