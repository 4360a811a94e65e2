// Helper process: claims nonces in the node's own replay guard, and says what a claim takes and what memory it has.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { systemClock } from "../../src/core/clock.ts";
import { MappedReplayGuard } from "../../src/store/nonces/replay-guard.ts";
import { median } from "./comparison.ts";
import { serve } from "./helper-process.ts";
import { memoryOf } from "./load/process-tree.ts";

const CALLERS = 8;
/** Claims that are timed together. */
const BATCH = 1000;
const BATCHES = 20;
const KEEP_MS = 600_000;

const plan = z.object({ live: z.number() });

export interface Claims {
  /** Microseconds; median of batches. */
  readonly each: number;
  /** Megabytes of this process that came with them. */
  readonly memory: number;
}

serve({
  /** Claims until so many are live, then goes on with its watch on. */
  claim(input): Claims {
    const { live } = plan.parse(input);
    const home = mkdtempSync(join(tmpdir(), "fxn-nonces-"));
    try {
      return claims(home, live);
    } finally {
      rmSync(home, { recursive: true });
    }
  },
});

function claims(home: string, live: number): Claims {
  const options = { clock: systemClock, keepMs: KEEP_MS, maxPerScope: Number.MAX_SAFE_INTEGER };
  const guard = new MappedReplayGuard(home, options);
  const nonces = fresh(BATCH);
  const claim = (nonce: string, at: number) => {
    if (guard.claim(`function:${at % CALLERS}`, nonce, systemClock.now()) !== "fresh") throw new Error("not fresh");
  };
  nonces.forEach(claim);
  Bun.gc(true);
  const before = memoryOf(process.pid).rss;
  for (let claimed = BATCH; claimed < live; claimed += BATCH) fresh(BATCH).forEach(claim);
  Bun.gc(true);
  const memory = memoryOf(process.pid).rss - before;
  const times = Array.from({ length: BATCHES }, () => {
    const batch = fresh(BATCH);
    const begun = performance.now();
    batch.forEach(claim);
    return ((performance.now() - begun) * 1000) / BATCH;
  });
  guard.close();
  return { each: median(times), memory };
}

function fresh(count: number): string[] {
  return Array.from({ length: count }, () => crypto.randomUUID());
}
