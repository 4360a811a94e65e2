// The live view of what callers get: requests, tokens and first tokens now and lately, what is under way and what waits.
import type { Sample } from "../../src/core/activity.ts";
import type { SeenActivity } from "../node-activity.ts";
import { sparkline } from "./chart.ts";
import { seconds, short } from "./figures.ts";
import { chartColumns, type Section } from "./fit.ts";
import { foreign, type Line, type Piece, padded, toned } from "./line.ts";

/** Of the numbers; the rest of a line is a chart. */
const TEXT_COLUMNS = 34;

export function traffic({ samples, everyMs, status }: SeenActivity, columns: number): Section[] {
  const rates = samples.map((sample, i) => ratesOf(sample, samples[i - 1], everyMs));
  const last = rates.at(-1);
  const chart = chartColumns(columns, TEXT_COLUMNS);
  const row = (text: Line, values: readonly (number | null)[]): Line =>
    chart > 0 ? [...padded(text, TEXT_COLUMNS), toned("good", sparkline(values, chart))] : text;
  const firstToken = samples.at(-1)?.firstToken;
  return [
    {
      label: "requests",
      rank: 0,
      rows: [
        row(
          last ? answers(last) : NOT_YET,
          rates.map(({ all }) => all),
        ),
      ],
    },
    {
      label: "tokens out",
      rank: 1,
      rows: [
        row(
          last ? [`${short(last.out)}/s`] : NOT_YET,
          rates.map(({ out }) => out),
        ),
      ],
    },
    {
      label: "tokens in",
      rank: 6,
      rows: [
        row(
          last ? [`${short(last.in)}/s`] : NOT_YET,
          rates.map((one) => one.in),
        ),
      ],
    },
    {
      label: "first token",
      rank: 2,
      rows: [
        row(
          firstToken ? [`p50 ${seconds(firstToken.p50)}  p95 ${seconds(firstToken.p95)}`] : ["-"],
          samples.map((sample) => sample.firstToken?.p95 ?? null),
        ),
      ],
    },
    { label: "under way", rank: 0, rows: [underWay(status)] },
  ];
}

const NOT_YET: Line = ["-"];

interface Rates {
  readonly all: number;
  readonly by: Readonly<Record<string, number>>;
  readonly in: number;
  readonly out: number;
}

/** Per second. A sample that came late covers more time. */
function ratesOf(sample: Sample, before: Sample | undefined, everyMs: number): Rates {
  const passed = Math.max(1, before ? sample.at - before.at : everyMs) / 1000;
  const by = Object.fromEntries(Object.entries(sample.answers).map(([of, count]) => [of, count / passed]));
  return {
    all: Object.values(by).reduce((sum, rate) => sum + rate, 0),
    by,
    in: sample.promptTokens / passed,
    out: sample.completionTokens / passed,
  };
}

function answers({ all, by }: Rates): Line {
  const of = (first: string): Piece => {
    const text = `  ${first}xx ${short(by[first] ?? 0)}`;
    return (by[first] ?? 0) === 0 ? text : toned(first === "5" ? "bad" : first === "4" ? "warn" : "good", text);
  };
  return [toned("bold", `${short(all)}/s`), of("2"), of("4"), of("5")];
}

function underWay({ backends, waiting, streams }: SeenActivity["status"]): Line {
  const running = backends.reduce((sum, { inFlight }) => sum + inFlight, 0);
  const queued = Object.entries(waiting)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  const waits = queued.reduce((sum, [, count]) => sum + count, 0);
  const models = queued.map(([model, count]) => `${foreign(model)} ${count}`).join(", ");
  const streamed = streams === null ? "" : `  ${streams} ${streams === 1 ? "stream" : "streams"}`;
  return [
    toned("bold", String(running)),
    streamed,
    "  waiting ",
    waits > 0 ? toned("warn", `${waits}: ${models}`) : "0",
  ];
}
