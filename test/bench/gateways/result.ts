// What a gateway did in the rounds of a comparison, and the medians over them.
import { median } from "../comparison.ts";
import { failures, type Measured, perSecond, type Times } from "../load/load.ts";
import type { Memory } from "../load/process-tree.ts";
import type { Gateway } from "./peers/gateway.ts";

export interface Round {
  /** By the number of connections. */
  readonly plain: ReadonlyMap<number, Measured>;
  readonly streams: Measured;
  /** Seconds of the proxy's processes for 1,000 requests, at the most connections. */
  readonly cpuPerThousand: number;
}

export interface Result {
  readonly name: string;
  readonly kind: Gateway["kind"];
  readonly rounds: readonly Round[];
  readonly startMs: number;
  /** Before any load; undefined where there is no process in between. */
  readonly idle?: Memory | undefined;
  readonly loaded?: Memory | undefined;
}

/** Microseconds. */
export function latency({ rounds }: Result, connections: number, which: keyof Times): number {
  return middle(rounds, ({ plain }) => plain.get(connections)?.latency?.[which]);
}

/** Requests a second. */
export function rate({ rounds }: Result, connections: number): number {
  return middle(rounds, ({ plain }) => {
    const measured = plain.get(connections);
    return measured && perSecond(measured);
  });
}

/** Microseconds. */
export function streaming({ rounds }: Result, what: "firstToken" | "lag", which: keyof Times): number {
  return middle(rounds, ({ streams }) => streams[what]?.[which]);
}

export function cpuPerThousand({ rounds }: Result): number {
  return middle(rounds, (round) => round.cpuPerThousand);
}

/** Answers of all rounds that were wrong, refused or missing. */
export function failedAnswers({ rounds }: Result): number {
  const all = rounds.flatMap(({ plain, streams }) => [...plain.values(), streams]);
  return all.reduce((sum, measured) => sum + failures(measured), 0);
}

/** NaN when a round has no good answer: such a figure meets no bound. */
function middle(rounds: readonly Round[], of: (round: Round) => number | undefined): number {
  const values = rounds.map((round) => of(round) ?? Number.NaN);
  return values.some(Number.isNaN) ? Number.NaN : median(values);
}
