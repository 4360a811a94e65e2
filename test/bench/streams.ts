// 2,000 streams at once through fxn: none lost, none waiting for a slot, and what memory they take and give back.
import type { Comparison, Row } from "./comparison.ts";
import { fxn } from "./gateways/peers/fxn.ts";
import { enter } from "./load/arena.ts";
import { failed, failures } from "./load/load.ts";
import { startModelServer } from "./load/model-server.ts";
import { forgetPeak, memoryOf } from "./load/process-tree.ts";
import { withoutTools } from "./load/tools.ts";

const STREAMS = 2000;
const EVENTS = 50;
const SECONDS = Number(process.env.FXN_BENCH_STREAM_SECONDS ?? 60);
/** All begin at once and each is verified; a slot would be free only at the end of a stream. */
const FIRST_TOKEN_MS = 5000;
const MEMORY_MB = 400;
/** Ordinary work, so that "idle" is not that of a node that has never done anything. */
const WARM_UP = { connections: 10, seconds: 2, signed: 20_000 };
const SETTLE_MS = 5000;
const GIVE_BACK_MS = 30_000;

export const manyStreams: Comparison = {
  name: "streams",
  about: `${STREAMS} streams of ${EVENTS} events in ${SECONDS} s at once through fxn, one worker on one core`,
  async run() {
    const missing = withoutTools();
    if (missing) return [{ what: "streams", why: missing }];
    const server = await startModelServer({ events: EVENTS, gapMs: (SECONDS * 1000) / (EVENTS - 1) });
    const { pid, measure, stop } = await enter(fxn, server);
    try {
      if (!pid) throw new Error("fxn has no process");
      await measure(WARM_UP);
      await Bun.sleep(SETTLE_MS);
      const idle = memoryOf(pid).rss;
      forgetPeak(pid);
      const streams = { connections: STREAMS, seconds: SECONDS * 2, signed: STREAMS, events: EVENTS };
      const result = await measure(streams);
      const { peak } = memoryOf(pid);
      await Bun.sleep(GIVE_BACK_MS);
      const after = memoryOf(pid).rss;
      const lost = STREAMS - result.good;
      const last = (result.firstToken?.max ?? Number.NaN) / 1000;
      return [
        {
          what: "streams lost",
          measured: `${lost} of ${STREAMS} ${failures(result) > 0 ? failed(result) : ""}`,
          against: "0",
          ratio: lost,
          bound: { most: 0 },
        },
        under("first token of the last stream", last, FIRST_TOKEN_MS, "ms"),
        under("most memory (RSS)", peak, MEMORY_MB, "MB"),
        {
          what: `RSS ${GIVE_BACK_MS / 1000} s after, against idle before`,
          measured: `${after.toFixed(0)} MB`,
          against: `${idle.toFixed(0)} MB`,
          ratio: after / idle,
          bound: { most: 1.3 },
        },
        {
          what: "lag of an event, p99",
          measured: `${((result.lag?.p99 ?? Number.NaN) / 1000).toFixed(1)} ms`,
          against: `p50 ${((result.lag?.p50 ?? Number.NaN) / 1000).toFixed(1)} ms`,
          ratio: (result.lag?.p99 ?? Number.NaN) / (result.lag?.p50 ?? Number.NaN),
        },
      ];
    } finally {
      await stop();
      server.stop();
    }
  },
};

function under(what: string, value: number, most: number, unit: string): Row {
  const inWords = (figure: number) => `${figure.toFixed(0)} ${unit}`;
  return { what, measured: inWords(value), against: inWords(most), ratio: value / most, bound: { most: 1 } };
}
