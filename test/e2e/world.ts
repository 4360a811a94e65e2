// A node in its world for end-to-end tests: a real chain, a gateway and a scheduler with keys, and a model server.
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { parseAddress } from "../../src/core/address.ts";
import { ModelServer } from "../fakes/model-server.ts";
import { type Chain, startChain } from "../sandbox/chain.ts";
import { type SignedFetchOptions, signedFetch } from "../sandbox/gateway.ts";
import vectors from "../vectors/function.json";
import {
  killAll,
  makeHome,
  type RunningNode,
  type RunOptions,
  removeHome,
  startNode,
  writeConfig,
  writeGoKey,
} from "./node.ts";

type KeyName = keyof typeof vectors.keys;

export function account(name: KeyName): PrivateKeyAccount {
  return privateKeyToAccount(`0x${vectors.keys[name].privateKey}`);
}

export interface WorldOptions {
  /** Merged over the test defaults, section by section. */
  readonly config?: Record<string, unknown>;
  /** model_backend.yaml; gets the URL of the model server. */
  readonly models?: (url: string) => unknown;
  readonly run?: RunOptions;
  /** Puts what else is needed into the home, before the node starts. */
  readonly prepare?: (home: string) => void;
  /** The URL of another model server than the scripted one. */
  readonly backendUrl?: string;
}

export interface World {
  readonly chain: Chain;
  readonly home: string;
  /** The model server of the test's own making. */
  readonly model: ModelServer;
  node: RunningNode;
  /** Sends as the gateway unless another account is named. */
  send(path: string, body: unknown, options?: SendOptions): Promise<Response>;
  /** The same home again, after the node has ended. */
  restart(): Promise<void>;
  /** Ends this world alone. */
  leave(): Promise<void>;
  /** Ends it and every node that a test has left running. */
  close(): Promise<void>;
}

export interface SendOptions extends SignedFetchOptions {
  readonly as?: KeyName;
  readonly signal?: AbortSignal;
  readonly method?: "GET" | "POST";
}

export const CHAT = "/v1/chat/completions";
export const chatBody = (change: Record<string, unknown> = {}) => ({
  model: "tiny",
  messages: [{ role: "user", content: "Hello!" }],
  ...change,
});

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const chain = await startChain();
  const gateway = parseAddress(vectors.keys.gateway.address);
  if (gateway) await chain.addGateway(gateway);
  const model = await ModelServer.start();
  const home = makeHome();
  writeGoKey(home, vectors.keys.node);
  options.prepare?.(home);
  const url = options.backendUrl ?? model.url;
  writeConfig(
    home,
    {
      node: { listenPort: 0, publicIp: "203.0.113.7" },
      admin: { listen: "127.0.0.1:0" },
      logger: { verbosity: "debug" },
      rpcProvider: chain.rpcUrl,
      schedulerAddress: vectors.keys.scheduler.address,
      ...options.config,
      registry: { routerSmartContractAddress: chain.router, ...section(options.config?.registry) },
    },
    options.models?.(url) ?? { models: [{ id: "tiny", aliases: ["small"], backends: [{ url }] }] },
  );
  const leave = async () => {
    model.stop();
    await chain.stop();
    removeHome(home);
  };
  const world: World = {
    chain,
    home,
    model,
    node: await startNode(home, options.run).catch(async (error: unknown) => {
      await leave();
      throw error;
    }),
    async send(path, body, { as = "gateway", signal, method = "POST", ...signing } = {}) {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      return signedFetch(account(as), signing)(`${world.node.url}${path}`, {
        method,
        ...(method === "POST" ? { body: text, headers: { "content-type": "application/json" } } : {}),
        signal,
      });
    },
    async leave() {
      await world.node.kill();
      await leave();
    },
    async restart() {
      world.node = await startNode(home, options.run);
      await world.node.ready();
    },
    async close() {
      await killAll();
      await leave();
    },
  };
  await world.node.ready();
  return world;
}

function section(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

export async function outcome(response: Response): Promise<string> {
  const { error }: { error?: { code: string } } = JSON.parse(await response.text());
  return error ? `${response.status} ${error.code}` : String(response.status);
}
