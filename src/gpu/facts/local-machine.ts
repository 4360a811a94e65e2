// The machine that this program runs on, as sources of GPU facts look at it.
import { readdir, readFile } from "node:fs/promises";
import type { Clock } from "../../core/clock.ts";
import { createRunTool } from "../../lib/run-tool.ts";
import type { Files, Machine } from "./source.ts";

/** card2 before card10. */
const byNumber = new Intl.Collator("en", { numeric: true });

export function localMachine(clock: Clock): Machine {
  const { platform, env } = process;
  return { platform, clock, run: createRunTool({ clock, env, platform }), files, graphics };
}

/** Loaded when it is asked: what it looks at on the way would be a tenth of the start of fxn. */
async function graphics() {
  const systeminformation = await import("systeminformation");
  return systeminformation.graphics();
}

const files: Files = {
  text: (path) => readFile(path, "utf8").catch(() => undefined),
  list: (dir) =>
    readdir(dir).then(
      (names) => names.sort(byNumber.compare),
      () => [],
    ),
};
