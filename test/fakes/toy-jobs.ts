// The jobs of a toy network, all steps of them, as a network has to write them: each looks first whether it is done.
import { z } from "zod";
import type { JobKind, JobStep } from "../../src/networks/jobs/job.ts";
import { back, end, next, wait } from "../../src/networks/jobs/verdicts.ts";
import type { FarOp } from "./job-far-side.ts";
import { isNotForUs } from "./job-far-side.ts";

export type FarCall = (op: FarOp, id: string, value?: string) => Promise<string>;

const toyFacts = z.strictObject({ model: z.string(), input: z.string().optional(), answer: z.string().optional() });
export type ToyFacts = z.output<typeof toyFacts>;

type ToyStep = JobStep<ToyFacts>;

export function toyJobs(call: FarCall, work: (input: string) => Promise<string>): JobKind<ToyFacts> {
  const step = (name: ToyStep["name"], holdsPlace: boolean, run: ToyStep["run"]): ToyStep => {
    return { name, holdsPlace, limitMs: 60_000, tries: 8, retryMs: 20, run };
  };
  return {
    facts: toyFacts,
    modelOf: ({ model }) => model,
    steps: [
      step("match", false, async ({ id, facts }) => (isNotForUs(id) ? end("declined", "not for us") : next(facts))),
      step("claim", true, async ({ id, facts }) => {
        const claimed = await call("claimed", id);
        if (claimed === "other") return end("lost", "another was first");
        if (claimed === "no") await call("claim", id);
        return next(facts);
      }),
      step("input", true, async ({ id, facts }) => next({ ...facts, input: await call("input", id) })),
      step("run", true, async ({ facts }) => next({ ...facts, answer: await work(facts.input ?? "") })),
      step("output", true, async ({ id, facts }) => {
        await call("put", id);
        return next(facts);
      }),
      step("submit", true, async ({ id, facts }) => {
        if ((await call("submitted", id)) === "yes") return next(facts);
        if ((await call("has", id)) === "no") return back("output");
        await call("submit", id, facts.answer);
        return next(facts);
      }),
      step("settle", false, async ({ id }) => {
        if ((await call("paid", id)) === "no") return wait(30);
        return end("settled", "paid");
      }),
    ],
  };
}
