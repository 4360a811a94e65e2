// What fxn top shows: one screen of text out of what the node says, for any size of it.
import type { SeenActivity } from "../node-activity.ts";
import { deeds } from "./deeds.ts";
import { age } from "./figures.ts";
import { fitSections } from "./fit.ts";
import { cut, foreign, type Line, type Look, textOfLine, toned, widthOf } from "./line.ts";
import { parts } from "./parts.ts";
import { traffic } from "./traffic.ts";

export interface View extends Look {
  readonly columns: number;
  readonly rows: number;
  /** What stands at the right of the first line. */
  readonly keys: string;
  /** Why this is not of now; undefined: it is. */
  readonly trouble: string | undefined;
}

/** Of reasons; how many there are more is said. */
const MOST_REASONS = 3;

/** At most `rows` lines, each at most `columns` wide. */
export function frame(activity: SeenActivity, view: View): string[] {
  const { columns, rows } = view;
  const head = [title(activity, view), ...troubles(activity, view)];
  const sections = [...traffic(activity, columns), ...parts(activity.status, activity.gpus), ...deeds(activity)];
  const body = fitSections(sections, columns, Math.max(0, rows - head.length));
  return [...head, ...body].slice(0, rows).map((line) => textOfLine(cut(line, columns), view));
}

function title({ status }: SeenActivity, { columns, keys }: View): Line {
  const { version, address, ready, uptimeSeconds } = status;
  const left: Line = [
    toned("bold", `fxn ${foreign(version)}`),
    "  ",
    ready ? toned("good", "ready") : toned("bad", "NOT READY"),
    `  up ${age(uptimeSeconds * 1000)}`,
    address === null ? "" : `  ${shortAddress(foreign(address), columns)}`,
  ];
  const room = columns - widthOf(left) - widthOf([keys]);
  return room >= 2 ? [...left, " ".repeat(room), toned("dim", keys)] : left;
}

function shortAddress(address: string, columns: number): string {
  return columns < 100 && address.length > 20 ? `${address.slice(0, 8)}…${address.slice(-6)}` : address;
}

function troubles({ status }: SeenActivity, { trouble }: View): Line[] {
  if (trouble !== undefined) return [[toned("bad", foreign(trouble))]];
  const { reasons } = status;
  const left = reasons.length - MOST_REASONS;
  return [
    ...reasons.slice(0, MOST_REASONS).map((reason): Line => [toned("bad", "- "), foreign(reason)]),
    ...(left > 0 ? [[toned("dim", `  and ${left} more: fxn status`)]] : []),
  ];
}
