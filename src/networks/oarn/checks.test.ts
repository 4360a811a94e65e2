// Each check of OARN's is red for the right reason, with its contracts on a chain of this machine.
import { afterAll, beforeAll } from "bun:test";
import { type Red, testReds } from "../../../test/conformance/red-checks.ts";
import { OarnTestIpfs } from "../../../test/fakes/oarn-ipfs.ts";
import { OarnNode } from "../../../test/fakes/oarn-node.ts";
import { CHAIN_ID, NODES, type OarnWorld, startOarnWorld } from "../../../test/sandbox/oarn/world.ts";
import { parseAddress } from "../../core/address.ts";
import type { Compute } from "./compute/compute.ts";
import { OarnError } from "./errors.ts";
import { oarnNetwork } from "./network.ts";

let world: OarnWorld;
beforeAll(async () => {
  world = await startOarnWorld();
});
afterAll(() => world.stop());

/** Nobody has sent it anything. */
const POOR = parseAddress(`0x${"12".repeat(20)}`) ?? NODES[0]!;

interface Wish {
  readonly account?: typeof POOR;
  readonly models?: readonly string[];
  readonly storage?: object;
  readonly blockchain?: object;
  readonly compute?: Compute;
  readonly once?: (node: OarnNode, ipfs: OarnTestIpfs) => unknown;
  readonly stop?: () => unknown;
}

/** With both registries, ETH, a model, and an IPFS node. */
async function node(wish: Wish = {}) {
  const { account = NODES[0] ?? POOR, models = ["tiny"], storage = { ipfsApi: "http://127.0.0.1:5001" } } = wish;
  const contracts = { taskRegistryV2: [world.v2], taskRegistry: [world.v1] };
  const blockchain = { chainId: CHAIN_ID, rpcUrls: [world.rpcUrl], contracts, ...wish.blockchain };
  const ipfs = new OarnTestIpfs();
  const opened = new OarnNode({
    ...{ rpcUrl: world.rpcUrl, chainId: CHAIN_ID, account, ipfs, models },
    ...(wish.compute && { compute: wish.compute }),
    written: { blockchain, storage, compute: wish.compute ? { frameworks: ["onnx"] } : {} },
  });
  await wish.once?.(opened, ipfs);
  return { checks: () => opened.session.checks(), stop: () => wish.stop?.() };
}

const pausing = (name: "TaskRegistry" | "TaskRegistryV2", what: "pause" | "unpause") =>
  world.write(name, name === "TaskRegistry" ? world.v1 : world.v2, what, []);

const unsandboxed: Compute = {
  frameworks: ["onnx"],
  check: () => Promise.reject(new OarnError("oarn_compute", 503, "bwrap is not installed")),
  open: () => Promise.reject(new Error("nothing is run here")),
};

const REDS: readonly Red[] = [
  {
    id: "oarn.compute",
    make: () => node({ models: [] }),
    message: /^no model is configured, and no kind of model file is run$/,
    hint: /model_backend\.yaml/,
  },
  {
    id: "oarn.compute",
    make: () => node({ models: [], compute: unsandboxed }),
    message: /^no model is configured, and model files are not run: bwrap is not installed$/,
    hint: /bubblewrap/,
  },
  {
    id: "oarn.compute",
    make: () => node({ compute: unsandboxed }),
    message: /^model files are not run: bwrap is not installed$/,
    hint: /networks\.oarn\.compute\.sandbox/,
    state: "warn",
  },
  {
    id: "oarn.discovery",
    make: () => node({ blockchain: { rpcUrls: [] } }),
    message: /^no RPC of chain 31337 is known$/,
    hint: /networks\.oarn\.blockchain\.rpcUrls/,
  },
  {
    id: "oarn.discovery",
    make: () =>
      node({
        once({ chain }) {
          chain.broken = new Error("RPC rpc.example: connection refused");
        },
      }),
    message: /^there is no task registry: .*RPC rpc\.example: connection refused/,
    hint: /taskRegistryV2/,
  },
  {
    id: "oarn.discovery",
    make: () => node({ blockchain: { contracts: { taskRegistryV2: [world.v2, POOR] } } }),
    message:
      /^0x\w+ \(V2\) answer; the task registry 0x1212\w+ \(V2\): there is no contract at 0x1212\w+ on chain 31337$/,
    hint: /networks\.oarn\.blockchain/,
    state: "warn",
  },
  {
    id: "oarn.registries",
    make: async () => {
      await pausing("TaskRegistryV2", "pause");
      const contracts = { taskRegistryV2: [world.v2] };
      return node({ blockchain: { contracts }, stop: () => pausing("TaskRegistryV2", "unpause") });
    },
    message: /^no registry takes claims; paused by their owner: 0x\w+ \(V[12]\)$/,
    hint: /owner/,
  },
  {
    id: "oarn.registries",
    make: async () => {
      await pausing("TaskRegistry", "pause");
      return node({ stop: () => pausing("TaskRegistry", "unpause") });
    },
    message: /^paused by their owner: 0x\w+ \(V[12]\)$/,
    hint: /owner/,
    state: "warn",
  },
  {
    id: "oarn.funds",
    make: () => node({ account: POOR }),
    message: /^nothing to pay gas with: 0 ETH at 0x1212\w+ on chain 31337$/,
    hint: /^Send ETH/,
  },
  {
    id: "oarn.funds",
    make: async () => {
      await world.client.setBalance({ address: POOR, value: 10n ** 15n });
      return node({ account: POOR, stop: () => world.client.setBalance({ address: POOR, value: 0n }) });
    },
    message: /^little to pay gas with: 0\.001 ETH at 0x1212/,
    hint: /^Send ETH/,
    state: "warn",
  },
  {
    id: "oarn.storage",
    make: () => node({ storage: {} }),
    message: /^no place for results is configured, so that nothing is claimed$/,
    hint: /networks\.oarn\.storage\.ipfsApi/,
  },
  {
    id: "oarn.storage",
    make: () =>
      node({
        once(_, ipfs) {
          ipfs.away = true;
        },
      }),
    message: /^results cannot be stored: 127\.0\.0\.1:5001: it is not there$/,
    hint: /Start the IPFS node/,
  },
];

testReds(oarnNetwork, node, REDS);
