// The table of what each gateway did: medians over the rounds.
import type { Figures } from "../comparison.ts";
import type { Times } from "../load/load.ts";
import { cpuPerThousand, failedAnswers, latency, type Result, rate, streaming } from "./result.ts";

const CONNECTIONS = [1, 10, 64];
const HEAD = [
  "",
  ...CONNECTIONS.map((count) => `c=${count} p50/p99 µs`),
  ...CONNECTIONS.map((count) => `c=${count} /s`),
  "CPU s/1000",
  "RSS idle/peak MB",
  "PSS MB",
  "first token p50/p99 µs",
  "lag p50/p99 µs",
  "start ms",
  "failed",
];

export function gatewayFigures(results: readonly Result[]): Figures {
  return { head: HEAD, lines: results.map(line) };
}

function line(result: Result): string[] {
  const { name, startMs, idle, loaded } = result;
  const pair = (of: (which: keyof Times) => number) => `${number(of("p50"))} / ${number(of("p99"))}`;
  return [
    name,
    ...CONNECTIONS.map((count) => pair((which) => latency(result, count, which))),
    ...CONNECTIONS.map((count) => number(rate(result, count))),
    loaded ? number(cpuPerThousand(result), 3) : "",
    idle && loaded ? `${number(idle.rss)} / ${number(loaded.peak)}` : "",
    loaded ? number(loaded.pss) : "",
    pair((which) => streaming(result, "firstToken", which)),
    pair((which) => streaming(result, "lag", which)),
    loaded ? number(startMs) : "",
    String(failedAnswers(result)),
  ];
}

function number(value: number, digits = 0): string {
  return Number.isNaN(value) ? "none" : value.toFixed(digits);
}
