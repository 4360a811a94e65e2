// networks.infernet in config.yaml: each setting with its default and its help.
import { z } from "zod";
import { list } from "../../config/field.ts";
import { choice, duration, flag, integer, positiveNumber, text } from "../../config/fields.ts";
import { baseUrl, listenHost } from "../../config/net-fields.ts";
import { origin } from "./origin.ts";

/** Where the network's own control plane is. */
export const CONTROL_PLANE = "https://infernetprotocol.com";
export const P2P_PORT = 46_337;

const interval = integer(1, 24 * 60 * 60 * 1000);

const intervals = z
  .strictObject({
    heartbeatMs: interval
      .prefault(30_000)
      .describe("Between heartbeats, ms. A node that is silent for 2 minutes gets no work."),
    pollMs: interval.prefault(15_000).describe("Between questions for jobs, ms."),
    commandMs: interval.optional().meta({
      description: "Between questions for commands, ms. Default: twice pollMs, 30000 at least.",
      examples: [30_000],
    }),
  })
  .prefault({})
  .describe("How often the control plane is asked; jitter is added, and failures make them longer.");

const p2p = z
  .strictObject({
    enabled: flag.prefault(false).describe("Listens and answers ping and info, while advertise is true."),
    host: listenHost.prefault("::").describe("Address to listen on; :: is every interface, IPv4 too."),
    port: integer(0, 65_535).prefault(P2P_PORT).describe("Port to listen on; 0 takes a free one."),
    publicPort: integer(1, 65_535)
      .optional()
      .meta({ description: "The port that is published, behind NAT. Default: port.", examples: [P2P_PORT] }),
  })
  .prefault({})
  .describe("The port for other nodes. It carries no work.");

const engine = z
  .strictObject({
    model: text("a model's id", "qwen2.5:7b")
      .optional()
      .describe("The model of jobs that name none. Default: the first that is offered."),
    backend: choice(["ollama", "vllm", "llamacpp"])
      .optional()
      .describe("What clients are told the model server is; without it, openai."),
    ollamaHost: baseUrl
      .optional()
      .describe("The Ollama server in which model commands install and remove; without it, they are refused."),
  })
  .prefault({})
  .describe("What answers jobs. The model servers themselves are in model_backend.yaml.");

const commands = z
  .strictObject({
    models: list(text("a model's name", "qwen2.5:7b"), "a list of model names")
      .prefault([])
      .describe("Models that the owner may have installed and removed from afar, * for any text; empty: none."),
    timeout: duration("1ms").prefault("1h").describe("How long installing one may take."),
  })
  .prefault({})
  .describe("Commands of the owner's account on the control plane.");

export const settings = z
  .strictObject({
    url: origin
      .prefault(CONTROL_PLANE)
      .describe("The control plane: an origin, https unless it is on this machine. Use one key for one control plane."),
    nodeId: text("a node id", "provider-0f44326c")
      .optional()
      .describe("Under which the node is registered. Default: provider- and 8 digits of the key."),
    name: text("a name", "my-node").optional().describe("Shown to everybody. Default: the node id."),
    advertise: flag.prefault(false).describe("Publishes address and port. Without it nothing is bound or published."),
    address: listenHost.optional().describe("The address that is published, when advertise is true."),
    gpuModel: text("a name", "NVIDIA GeForce RTX 4090")
      .optional()
      .describe("Shown for the node. Default: its first GPU."),
    price: positiveNumber.optional().meta({ description: "Shown for the node, in USD.", examples: [0.25] }),
    priceFloor: positiveNumber.optional().meta({
      description: "Least payment_offer of a job; one that offers less is failed, saying so.",
      examples: [0.01],
    }),
    maxConcurrent: integer(1, 1024).prefault(4).describe("Jobs at the same time, as far as the budget allows."),
    jobTimeout: duration("1ms")
      .prefault("10m")
      .describe("How long a job may take; nobody reads its stream for longer."),
    intervals,
    engine,
    commands,
    p2p,
  })
  .describe("Infernet: this node asks its control plane for work.");

export type InfernetSettings = z.output<typeof settings>;

/** @param pubkey of the node's key: the id stays the same as long as the key does */
export function nodeIdOf({ nodeId }: Pick<InfernetSettings, "nodeId">, pubkey: string): string {
  return nodeId ?? `provider-${pubkey.slice(0, 8)}`;
}

export function commandMs({ pollMs, commandMs: own }: InfernetSettings["intervals"]): number {
  return own ?? Math.max(2 * pollMs, 30_000);
}

/** What others may know of where the node is; undefined: nothing. */
export function published({
  advertise,
  address,
  p2p: port,
}: Pick<InfernetSettings, "advertise" | "address" | "p2p">): { address: string; port: number } | undefined {
  return advertise && address !== undefined ? { address, port: port.publicPort ?? port.port } : undefined;
}
