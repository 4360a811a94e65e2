// What a runner writes beside the protocol, for the log: one line an entry, cut and stripped, and not more than a log can bear.
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { shown } from "../translated.ts";

const MOST_LINES = 50;
const WINDOW_MS = 10_000;

export function createNoise(backend: string, log: Log, clock: Clock): (text: string) => void {
  let since = Number.NEGATIVE_INFINITY;
  let lines = 0;
  return (text) => {
    if (clock.monotonic() - since >= WINDOW_MS) {
      if (lines > MOST_LINES) log.info({ backend, lines: lines - MOST_LINES }, "runner said more than is logged");
      since = clock.monotonic();
      lines = 0;
    }
    for (const line of text.split("\n")) {
      const said = shown(line);
      if (said !== "" && lines++ < MOST_LINES) log.info({ backend, said }, "runner");
    }
  };
}
