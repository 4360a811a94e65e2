// Helper process: claims nonces n0, n1, … and writes each that was fresh; ends with 3 when a claim fails.
import { writeSync } from "node:fs";
import { systemClock } from "../../src/core/clock.ts";
import { FxnError } from "../../src/core/errors.ts";
import { MappedReplayGuard } from "../../src/store/nonces/replay-guard.ts";

const [home = "", count, at] = process.argv.slice(2);
// As the kernel says it where a limit is reached: an error of the write, not the process's end.
process.on("SIGXFSZ", () => {});
try {
  const guard = new MappedReplayGuard(home, { clock: systemClock, keepMs: 600_000, maxPerScope: 1e9 });
  for (let i = 0; i < Number(count); i++) {
    if (guard.claim("a", `n${i}`, Number(at)) === "fresh") writeSync(1, `n${i}\n`);
  }
} catch (error) {
  if (!(error instanceof FxnError)) throw error;
  writeSync(2, error.code);
  process.exit(3);
}
