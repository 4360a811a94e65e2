// The live view of how challenges ended, and of what was earned.
import type { ChallengeRecord } from "../../src/core/activity.ts";
import { ETHER, formatAmount } from "../../src/core/amount.ts";
import type { SeenActivity } from "../node-activity.ts";
import { age, seconds } from "./figures.ts";
import type { Section } from "./fit.ts";
import { foreign, type Line, padded, type Tone, toned } from "./line.ts";

const VERDICT: Readonly<Record<ChallengeRecord["outcome"], Tone>> = { ok: "good", refused: "warn", failed: "bad" };
const SHOWN_DIGITS = 6;

export function deeds({ challenges, earnings, now }: SeenActivity): Section[] {
  return [
    { label: "earned today", rank: 3, rows: [earned(earnings)] },
    {
      label: "challenges",
      rank: 2,
      rows: challenges.length > 0 ? challenges.map((record) => challengeRow(record, now)) : [["none yet"]],
    },
  ];
}

function challengeRow({ at, type, outcome, source, durationMs, error }: ChallengeRecord, now: number): Line {
  return [
    ...padded([`${age(now - at)} ago`], 9),
    ...padded([toned(VERDICT[outcome], outcome)], 8),
    ...padded([foreign(type)], 22),
    ...padded([seconds(durationMs / 1000)], 8),
    toned("dim", foreign(source === "rehearsal" ? `rehearsal${error === null ? "" : `: ${error}`}` : (error ?? ""))),
  ];
}

function earned(lines: SeenActivity["earnings"]): Line {
  const ofToday = lines.filter(({ today }) => BigInt(today) > 0n);
  const words = ofToday.map(({ network, asset, kind, today }) => {
    const amount = `${amountWords(today)} ${foreign(asset)}`;
    return kind === "reward" ? `${foreign(network)} ${amount}` : `gas of ${foreign(network)} ${amount}`;
  });
  return [words.join(", ") || "-"];
}

/** Rounded down: what is shown was earned. */
function amountWords(amount: string): string {
  const text = formatAmount(BigInt(amount), ETHER);
  const point = text.indexOf(".");
  if (point < 0 || text.length <= point + 1 + SHOWN_DIGITS) return text;
  const short = text.slice(0, point + 1 + SHOWN_DIGITS);
  return /[1-9]/.test(short) ? short : `<0.${"1".padStart(SHOWN_DIGITS, "0")}`;
}
