// This program: the compiled node with a real chain and registry, verifying every request.
import { BINARY, writeConfig, writeGoKey } from "../../e2e/node.ts";
import { startChain } from "../../sandbox/chain.ts";
import vectors from "../../vectors/function.json";
import { callers } from "../signed-requests.ts";
import { chatRoute, type Gateway, run } from "./gateway.ts";

export const fxn: Gateway = {
  name: "fxn",
  kind: "ai",
  once: true,
  install: async () => {},
  async start(place) {
    const chain = await startChain();
    for (const { address } of callers) await chain.addGateway(address);
    const home = place.folder;
    writeGoKey(home, vectors.keys.node);
    writeConfig(
      home,
      {
        node: { listenPort: place.port, publicIp: "203.0.113.7" },
        admin: { listen: "127.0.0.1:0" },
        rpcProvider: chain.rpcUrl,
        schedulerAddress: vectors.keys.scheduler.address,
        registry: { routerSmartContractAddress: chain.router },
      },
      { models: [{ id: "tiny", backends: [{ url: `http://127.0.0.1:${place.upstream}` }] }] },
    );
    const { pid, stop } = run(place, [BINARY, "start", "--home", home]);
    return {
      pid,
      route: chatRoute(place.port),
      async stop() {
        await stop();
        await chain.stop();
      },
    };
  },
};
