// A job of Blindference, for the pipeline that all networks share.
import type { JobKind } from "../../jobs/job.ts";
import { claimStep } from "./claim.ts";
import { type Facts, facts } from "./facts.ts";
import { inputStep } from "./input.ts";
import { matchStep } from "./match.ts";
import { outputStep } from "./output.ts";
import type { JobPorts } from "./ports.ts";
import { runStep } from "./run.ts";
import { settleStep } from "./settle.ts";
import { submitStep } from "./submit.ts";

export function jobKind(ports: JobPorts): JobKind<Facts> {
  return {
    facts,
    steps: [matchStep, claimStep, inputStep, runStep, outputStep, submitStep, settleStep].map((step) => step(ports)),
    modelOf: ({ model }) => model,
  };
}
