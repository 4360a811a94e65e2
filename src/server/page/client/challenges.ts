// The last challenges, each with its verdict.
import type { Activity, ChallengeRecord } from "../../../core/activity.ts";
import { byId } from "./dom.ts";
import { type Tone, table } from "./table.ts";
import { milliseconds, moment } from "./words.ts";

const VERDICTS: Readonly<Record<ChallengeRecord["outcome"], readonly [string, Tone]>> = {
  ok: ["answered", "good"],
  refused: ["refused", "warn"],
  failed: ["failed", "bad"],
};

export function showChallenges({ challenges, now }: Activity): void {
  table(byId("challenges"), {
    name: "Last challenges",
    columns: [
      { name: "Time", plain: true },
      { name: "Challenge", plain: true },
      { name: "Verdict", plain: true },
      { name: "Took", number: true },
      { name: "Why" },
    ],
    rows: challenges.map(({ at, type, outcome, source, durationMs, error }) => {
      const [text, tone] = VERDICTS[outcome] ?? [outcome, "quiet"];
      return [moment(at, now), type, { badge: text, tone }, milliseconds(durationMs), whyOf(source, error)];
    }),
    none: "None since the node started. The scheduler sends one when it likes, once the node is registered; `fxn challenge rehearse` goes through all of them now.",
  });
}

/** A rehearsal counts for nobody but the operator. */
function whyOf(source: ChallengeRecord["source"], error: string | null): string {
  if (source !== "rehearsal") return error ?? "";
  return error === null ? "a rehearsal" : `a rehearsal: ${error}`;
}
