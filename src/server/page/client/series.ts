// What the charts show, out of the node's samples.
import type { Activity, Sample } from "../../../core/activity.ts";
import type { Series } from "./chart.ts";

/** Classes of answers, always in this order and this many: a line that comes later takes nobody's colour. */
const CLASSES = [
  ["2xx", "2"],
  ["4xx", "4"],
  ["5xx", "5"],
] as const;

export function requestSeries({ samples, everyMs }: Activity): Series[] {
  return CLASSES.map(([name, key]) => ({
    name,
    values: samples.map(({ answers }) => perSecond(answers[key] ?? 0, everyMs)),
  }));
}

export function firstTokenSeries({ samples }: Activity): Series[] {
  return [
    { name: "p50", values: samples.map(({ firstToken }) => firstToken?.p50 ?? null) },
    { name: "p95", values: samples.map(({ firstToken }) => firstToken?.p95 ?? null) },
  ];
}

export function tokenSeries({ samples, everyMs }: Activity): Series[] {
  return [
    { name: "written", values: samples.map(({ completionTokens }) => perSecond(completionTokens, everyMs)) },
    { name: "read", values: samples.map(({ promptTokens }) => perSecond(promptTokens, everyMs)) },
  ];
}

export function loadSeries({ samples }: Activity): Series[] {
  return [
    { name: "under way", values: samples.map(({ inFlight }) => inFlight) },
    { name: "streams", values: samples.map(({ streams }) => streams) },
    { name: "waiting", values: samples.map(({ waiting }) => waiting) },
  ];
}

/** More lines than these nobody tells apart: then the highest, the mean and the lowest stand for all. */
const MOST_LINES = 8;

/** Each by the number that it has in the table. */
export function gpuSeries({ samples, gpus }: Activity, key: keyof Sample["gpus"][number]): Series[] {
  if (gpus.length > MOST_LINES) {
    const over = (reckon: (known: readonly number[]) => number) =>
      samples.map((sample) => {
        const known = sample.gpus.map((gpu) => gpu[key]).filter((value) => value !== null);
        return known.length === 0 ? null : reckon(known);
      });
    return [
      { name: "highest", values: over((known) => Math.max(...known)) },
      { name: "mean", values: over((known) => known.reduce((sum, value) => sum + value, 0) / known.length) },
      { name: "lowest", values: over((known) => Math.min(...known)) },
    ];
  }
  return gpus.map((_, at) => ({
    name: `GPU ${at}`,
    values: samples.map((sample) => sample.gpus[at]?.[key] ?? null),
  }));
}

/** Over the last samples: one alone jumps. */
export function recent({ samples, everyMs }: Activity, count: (sample: Sample) => number): number | null {
  const last = samples.slice(-6);
  if (last.length === 0) return null;
  return perSecond(last.reduce((sum, sample) => sum + count(sample), 0) / last.length, everyMs);
}

const perSecond = (count: number, everyMs: number) => (count * 1000) / everyMs;
