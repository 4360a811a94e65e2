// The table of what each gateway did: medians over the rounds.
import { type Figures, median } from "./comparison.ts";
import type { Result, Round } from "./gateway-load.ts";
import { failures, perSecond, type Times } from "./load.ts";

const HEAD = [
  "",
  "c=1 p50/p99 µs",
  "c=10 p50/p99 µs",
  "c=64 p50/p99 µs",
  "c=1 /s",
  "c=10 /s",
  "c=64 /s",
  "CPU s/1000",
  "RSS idle/peak MB",
  "PSS MB",
  "first token p50/p99 µs",
  "lag p50/p99 µs",
  "failed",
];

export function gatewayFigures(results: readonly Result[]): Figures {
  return { head: HEAD, lines: results.map(line) };
}

/** Median over the rounds; undefined when not every round has it. */
export function middle(rounds: readonly Round[], of: (round: Round) => number | undefined): number | undefined {
  const values = rounds.map(of).filter((value) => value !== undefined);
  return values.length === rounds.length ? median(values) : undefined;
}

export function latency({ rounds }: Result, connections: number, which: keyof Times): number | undefined {
  return middle(rounds, ({ plain }) => plain.get(connections)?.latency?.[which]);
}

export function rate({ rounds }: Result, connections: number): number | undefined {
  return middle(rounds, ({ plain }) => {
    const measured = plain.get(connections);
    return measured && perSecond(measured);
  });
}

export function firstToken({ rounds }: Result, which: keyof Times = "p50"): number | undefined {
  return middle(rounds, ({ streams }) => streams.firstToken?.[which]);
}

export function failedRequests({ rounds }: Result): number {
  const all = rounds.flatMap(({ plain, streams }) => [...plain.values(), streams]);
  return all.reduce((sum, measured) => sum + failures(measured), 0);
}

function line(result: Result): string[] {
  const { name, rounds, idle, loaded } = result;
  const number = (value: number | undefined, digits = 0) => (value === undefined ? "" : value.toFixed(digits));
  const pair = (of: (which: keyof Times) => number | undefined) => `${number(of("p50"))} / ${number(of("p99"))}`;
  return [
    name,
    ...[1, 10, 64].map((connections) => pair((which) => latency(result, connections, which))),
    ...[1, 10, 64].map((connections) => number(rate(result, connections))),
    idle
      ? number(
          middle(rounds, ({ cpuPerThousand }) => cpuPerThousand),
          3,
        )
      : "",
    idle && loaded ? `${number(idle.rss)} / ${number(loaded.peak)}` : "",
    number(loaded?.pss),
    pair((which) => firstToken(result, which)),
    pair((which) => middle(rounds, ({ streams }) => streams.lag?.[which])),
    String(failedRequests(result)),
  ];
}
