// THE SETTINGS of networks.fedai: whom to serve and at what price, and how the network hears of this node.
import { z } from "zod";
import { list } from "../../config/field.ts";
import { choice, duration, flag, integer, size, text } from "../../config/fields.ts";
import { baseUrl, hostPort, httpUrl } from "../../config/net-fields.ts";
import { tlsFields } from "../../config/tls-fields.ts";
import { pathPrefix, postgresUrl, price, publicKey, relayTrust, relayUrl } from "./fields.ts";
import { JOB_TYPES } from "./payloads.ts";
import { payments } from "./payments/settings.ts";

const someTime = duration("1ms");
const keys = list(publicKey, "a list of public keys");

const router = z.strictObject({
  endpoint: baseUrl.describe("The router's base URL."),
  key: publicKey
    .optional()
    .describe("The router's public key: its requests are served. Without it, name the key in access.allow."),
});

const access = z.strictObject({
  open: flag
    .prefault(false)
    .describe("Serves every caller with a good signature when neither a router's key nor a list says who may call."),
  allow: keys.prefault([]).describe("Further keys that may call, beside those of the routers."),
  follow: keys.prefault([]).describe("When it has entries, only these of those that may call are served."),
  mute: keys.prefault([]).describe("Keys that are refused, for a while."),
  block: keys.prefault([]).describe("Keys that are refused."),
});

const model = z.strictObject({
  id: text("a model's id or alias", "llama-3.1-8b").describe("A configured model's id or alias."),
  contextWindow: integer(1)
    .optional()
    .meta({ description: "Its context window in tokens.", examples: [131072] }),
  maxTokens: integer(1)
    .optional()
    .meta({ description: "Most tokens of one of its answers.", examples: [4096] }),
});

const limits = z.strictObject({
  requestBytes: size.prefault("8MB").describe("Largest body of a request."),
  promptBytes: size.optional().describe("Longest prompt, in bytes of UTF-8."),
  tokens: integer(1)
    .optional()
    .meta({ description: "Most tokens that a request may ask for.", examples: [4096] }),
  firstWord: someTime.optional().meta({
    description: "How long a model server may take to its first word, of all that runtime gives.",
    examples: ["30s"],
  }),
  runtime: someTime.prefault("10m").describe("How long an inference may take; then it is stopped and refused."),
});

const rateLimit = z.strictObject({
  requests: integer(0).prefault(0).describe("Requests of one key within the window; 0 is no limit."),
  window: someTime.prefault("1m").describe("The window."),
});

const peer = z.strictObject({
  endpoint: baseUrl.describe("The other node's base URL."),
  key: publicKey.optional().describe("Its public key: answers under any other are refused."),
});

const offload = z.strictObject({
  peers: z.array(peer).prefault([]).describe("Nodes that are asked when this one cannot."),
  router: flag.prefault(false).describe("Asks the first router to have it done elsewhere, after the peers."),
  timeout: someTime.prefault("2m").describe("How long another node or the router may take."),
  auction: flag.prefault(false).describe("Asks peers for bids first, and answers when peers ask this node."),
  auctionWindow: someTime.prefault("800ms").describe("How long bids are waited for; 200ms at least."),
  auctionAllow: keys.prefault([]).describe("Keys that may ask for bids; empty: everyone may."),
  auctionRate: integer(0).prefault(30).describe("Calls of one key to the auction within a minute; 0 is no limit."),
});

const relays = z.strictObject({
  bootstrap: list(relayUrl, "a list of relays").prefault([]).describe("Relays that are known from the start."),
  directories: list(httpUrl, "a list of URLs").prefault([]).describe("Lists of relays that are fetched; none: none."),
  trust: list(relayTrust, "a list of URL=score").prefault([]).describe("What is added to a relay's score, or taken."),
  minScore: price.prefault(1).describe("Relays with less are left out."),
  maxResults: integer(1, 1000).prefault(25).describe("Most relays that are kept."),
});

const manifest = z.strictObject({
  send: flag.prefault(false).describe("Sends the capability manifest to the routers."),
  relays: list(relayUrl, "a list of relays").prefault([]).describe("Relays that it is published on."),
  roles: list(text("a role", "inference_node"), "a list of roles")
    .prefault(["inference_node"])
    .describe("What it says that this node is."),
  disk: choice(["unknown", "hdd", "ssd"]).prefault("unknown").describe("What it says of the disk."),
  net: choice(["poor", "ok", "good"]).prefault("ok").describe("What it says of the connection: good is under 40 ms."),
});

const nonces = z.strictObject({
  file: text("the path of a file", "fedai-nonces.json")
    .optional()
    .describe("Keeps used nonces in a JSON file of the reference's form; default: in the node's own store."),
  url: postgresUrl.optional().describe("Keeps them in Postgres, for several nodes with one key; wins over the file."),
});

const sandbox = z.strictObject({
  mode: choice(["disabled", "restricted"])
    .prefault("disabled")
    .describe("restricted: the network starts only when limits and model servers fit what is said here."),
  runners: list(text("a kind", "vllm"), "a list of kinds")
    .prefault([])
    .describe("Kinds of model servers (provider of model_backend.yaml) that may be used."),
  endpoints: list(baseUrl, "a list of URLs").prefault([]).describe("Origins that model servers may have; empty: any."),
});

const heartbeat = z.strictObject({
  interval: someTime.prefault("10s").describe("How often the routers hear of this node; 25s at most."),
  timeout: someTime.prefault("5s").describe("How long a router may take to answer."),
});

export const settings = z
  .strictObject({
    nodeId: text("a name", "node-berlin-1")
      .optional()
      .describe("The node's name in the network; no two may have one. Default: fxn- and the key's first 16 digits."),
    listen: hostPort.prefault("127.0.0.1:8081").describe("Where routers reach it; port 0 takes a free one."),
    path: pathPrefix.optional().describe("Stands before every path, as in /fedai/infer."),
    endpoint: baseUrl.optional().describe("The base URL that routers are told, path included. Needed to register."),
    routers: z.array(router).prefault([]).describe("Routers that this node registers with."),
    access: access.prefault({}).describe("Who is served."),
    heartbeat: heartbeat.prefault({}).describe("Registration."),
    capacity: z
      .strictObject({
        max: integer(1).prefault(4).describe("Inferences at the same time; more are refused at once."),
        load: integer(0).prefault(0).describe("How many of them something else takes already."),
      })
      .prefault({})
      .describe("How much work is taken."),
    contextWindow: integer(1).prefault(4096).describe("Context window of models that have no entry in models."),
    models: z.array(model).prefault([]).describe("What the network must know of models."),
    offered: list(text("a model's id", "llama-3.1-8b"), "a list of models")
      .prefault([])
      .describe("Models that are offered; empty: all."),
    mode: choice(["auto", "chat", "completion"])
      .prefault("auto")
      .describe(
        "How a prompt is put to a model. auto: openai and anthropic by chat, others to be continued if they can.",
      ),
    jobTypes: list(choice(JOB_TYPES), "a list of job types")
      .prefault([])
      .describe("Job types that it is announced for."),
    latencyEstimate: someTime.optional().describe("How long an answer usually takes, as it is announced."),
    limits: limits.prefault({}).describe("What a request may ask for."),
    rateLimit: rateLimit.prefault({}).describe("How often one key may call."),
    prices: z
      .strictObject({
        input: price.prefault(0).describe("Satoshi for a token of the prompt."),
        output: price.prefault(0).describe("Satoshi for a token of the answer."),
        unit: choice(["token", "second"]).prefault("token").describe("Announced; routers count tokens whatever it is."),
      })
      .prefault({})
      .describe("What it costs."),
    payments: payments.prefault({}).describe("Payment by Lightning, before the work."),
    offload: offload.prefault({}).describe("Work passed on. Routers take no answer of another node but their own way."),
    relays: relays.prefault({}).describe("Looking for Nostr relays; off unless something is named here."),
    manifest: manifest.prefault({}).describe("What this node can, signed and published."),
    nonces: nonces.prefault({}).describe("Where used nonces are kept."),
    tls: tlsFields("fedai").prefault({}).describe("HTTPS on the network's own listener."),
    sandbox: sandbox.prefault({}).describe("A policy that must hold before anything is served."),
    tracing: z
      .strictObject({
        url: httpUrl.optional().meta({
          description:
            "Base URL of an OpenTelemetry collector for this network alone: a span of each inference goes to its /v1/traces. Default: where those of the node go.",
          examples: ["http://127.0.0.1:4318"],
        }),
      })
      .prefault({})
      .describe("Distributed tracing, as by the section of the node unless another collector is named."),
    exposeErrors: flag.prefault(false).describe("Tells routers why an inference failed."),
  })
  .describe("fed_AI: its routers call this node.");

export type FedaiSettings = z.output<typeof settings>;
