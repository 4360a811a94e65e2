// How soon fxn is there: --version, and from its start to the first verified answer with a registry snapshot at hand.
import { BINARY } from "../e2e/node.ts";
import { type Comparison, median, type Row } from "./comparison.ts";
import { listedChain, runFxn, writeHome } from "./gateways/peers/fxn.ts";
import { chatRoute } from "./gateways/peers/gateway.ts";
import { firstAnswer } from "./load/first-answer.ts";
import { type ModelServer, startModelServer } from "./load/model-server.ts";
import { openPlace, removePlace } from "./load/place.ts";
import { withoutTools } from "./load/tools.ts";

const VERSIONS = 21;
const STARTS = 7;

export const coldStart: Comparison = {
  name: "start",
  about: `fxn --version (median of ${VERSIONS}), and fxn start to its first verified answer (median of ${STARTS})`,
  async run() {
    const version = row("fxn --version", median(Array.from({ length: VERSIONS }, versionMs)), 15);
    const missing = withoutTools();
    if (missing) return [version, { what: "fxn start", why: missing }];
    const server = await startModelServer({ events: 1, gapMs: 0 });
    try {
      return [version, row("fxn start to its first verified answer", median(await starts(server)), 300)];
    } finally {
      server.stop();
    }
  },
};

function versionMs(): number {
  const begun = performance.now();
  const { exitCode } = Bun.spawnSync([BINARY, "--version"]);
  if (exitCode !== 0) throw new Error(`fxn --version ended with ${exitCode}`);
  return performance.now() - begun;
}

/** Milliseconds of each; the first start of all, which leaves the snapshot behind, does not count. */
async function starts(server: ModelServer): Promise<number[]> {
  const place = openPlace("start", server);
  const chain = await listedChain();
  const times: number[] = [];
  try {
    writeHome(place, chain);
    for (let start = 0; start <= STARTS; start++) {
      const begun = performance.now();
      const { stop } = runFxn(place);
      try {
        await firstAnswer(chatRoute(place.port));
        times.push(performance.now() - begun);
      } finally {
        await stop();
      }
    }
  } finally {
    await chain.stop();
    removePlace(place);
  }
  return times.slice(1);
}

function row(what: string, ms: number, most: number): Row {
  return { what, measured: `${ms.toFixed(1)} ms`, against: `${most} ms`, ratio: ms / most, bound: { most: 1 } };
}
