// 1,000,000 live nonces against 1,000: what a claim takes, and the memory of all.
import { z } from "zod";
import type { Comparison } from "./comparison.ts";
import { startHelper } from "./helper-process.ts";
import { withoutTools } from "./load/tools.ts";

const [FEW, MANY] = [1000, 1_000_000];
const MEMORY_MB = 120;
/** Two runs of the same differ by as much. */
const NOISE = 1.1;

const claims = z.object({ each: z.number(), memory: z.number() });

export const nonceGrowth: Comparison = {
  name: "nonces",
  about: `claims of nonces in the replay guard with ${MANY} live against ${FEW}, each in a process of its own`,
  async run() {
    const missing = withoutTools();
    if (missing) return [{ what: "nonces", why: missing }];
    const [few, many] = [await claimed(FEW), await claimed(MANY)];
    return [
      {
        what: `a claim with ${MANY} live against ${FEW}`,
        measured: `${many.each.toFixed(2)} µs`,
        against: `${few.each.toFixed(2)} µs`,
        ratio: many.each / few.each,
        bound: { most: NOISE },
      },
      {
        what: `memory of ${MANY} live nonces`,
        measured: `${many.memory.toFixed(0)} MB`,
        against: `${MEMORY_MB} MB`,
        ratio: many.memory / MEMORY_MB,
        bound: { most: 1 },
      },
    ];
  },
};

async function claimed(live: number) {
  const helper = startHelper("nonce-claimer.ts");
  try {
    // Once before, for the compiler.
    await helper.call("claim", { live: FEW });
    return claims.parse(await helper.call("claim", { live }));
  } finally {
    helper.stop();
  }
}
