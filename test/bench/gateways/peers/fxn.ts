// This program: the compiled node with a real chain and registry, verifying every request.
import { BINARY, writeConfig, writeGoKey } from "../../../e2e/node.ts";
import { type Chain, startChain } from "../../../sandbox/chain.ts";
import vectors from "../../../vectors/function.json";
import { callers } from "../../load/signed-requests.ts";
import { chatRoute, type Gateway, type Place, type RunOptions, run } from "./gateway.ts";

export const fxn: Gateway = {
  name: "fxn",
  kind: "ai",
  once: true,
  install: async () => {},
  start: (place) => startFxn(place),
};

export interface FxnOptions extends RunOptions {
  /** Processes that serve. */
  readonly workers?: number;
}

/** A home on a chain of its own that lists the bench's callers, and a node on it. */
export async function startFxn(place: Place, options: FxnOptions = {}) {
  const chain = await listedChain();
  writeHome(place, chain, options.workers ?? 1);
  const { pid, stop } = runFxn(place, options);
  return {
    pid,
    route: chatRoute(place.port),
    async stop() {
      await stop();
      await chain.stop();
    },
  };
}

/** All callers of the bench are in its registry. */
export async function listedChain(): Promise<Chain> {
  const chain = await startChain();
  for (const { address } of callers) await chain.addGateway(address);
  return chain;
}

export function runFxn(place: Place, options?: RunOptions) {
  return run(place, [BINARY, "start", "--home", place.folder], options);
}

export function writeHome(
  { folder, port, upstream }: Place,
  chain: Pick<Chain, "rpcUrl" | "router">,
  workers = 1,
): void {
  writeGoKey(folder, vectors.keys.node);
  writeConfig(
    folder,
    {
      node: { listenPort: port, publicIp: "203.0.113.7" },
      server: { workers },
      admin: { listen: "127.0.0.1:0" },
      rpcProvider: chain.rpcUrl,
      schedulerAddress: vectors.keys.scheduler.address,
      registry: { routerSmartContractAddress: chain.router },
    },
    { models: [{ id: "tiny", backends: [{ url: `http://127.0.0.1:${upstream}` }] }] },
  );
}
