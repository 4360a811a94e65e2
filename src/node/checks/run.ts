// Asks checks side by side, each for a limited time; one that an earlier red explains is not asked.
import { type Check, type CheckAnswer, explainCommand, type Finding } from "../../core/check.ts";
import type { Clock } from "../../core/clock.ts";
import { FxnError, messageOf } from "../../core/errors.ts";
import { within } from "../../lib/abort.ts";
import { clean } from "../../lib/clean.ts";

/** One that takes longer has found something, unless it says that it may. */
export const LIMIT_MS = 10_000;
const LONGEST = 500;

interface Outcome {
  readonly finding: Finding;
  /** Id of the red that it is, or that explains it. */
  readonly red: string | undefined;
}

/** Never rejects, whatever a check does; in the order of the checks. What is not well has a hint. */
export async function runChecks(
  checks: readonly Check[],
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const begun = new Map<Check, Promise<Outcome>>();
  const outcomeOf = (check: Check): Promise<Outcome> => {
    const outcome = begun.get(check) ?? examine(check);
    begun.set(check, outcome);
    return outcome;
  };

  async function examine(check: Check): Promise<Outcome> {
    const { id, title, after = [] } = check;
    const before = checks.filter((other) => after.includes(other.id));
    const red = (await Promise.all(before.map(outcomeOf))).find((outcome) => outcome.red !== undefined)?.red;
    if (red !== undefined) {
      return { finding: { id, title, state: "skip", message: `not asked, since ${red} is red` }, red };
    }
    const { state, message, hint } = await answered(check, clock, signal);
    const isWell = state === "ok" || state === "skip";
    const advice = isWell ? {} : { hint: clean(hint || `What it looks at: ${explainCommand(id)}`, LONGEST) };
    // What a check quotes may be another server's own words.
    const finding = { id, title, state, message: clean(message, LONGEST), ...advice };
    return { finding, red: state === "fail" ? id : undefined };
  }

  return (await Promise.all(checks.map(outcomeOf))).map(({ finding }) => finding);
}

/** A check that fails itself has found something. */
async function answered({ run, limitMs = LIMIT_MS }: Check, clock: Clock, signal: AbortSignal): Promise<CheckAnswer> {
  try {
    return await within(limitMs, clock, signal, run);
  } catch (error) {
    const hint = error instanceof FxnError ? error.hint : undefined;
    return { state: "fail", message: messageOf(error), ...(hint !== undefined && { hint }) };
  }
}
