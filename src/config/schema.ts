// THE SCHEMA of config.yaml: types, defaults, help, environment names, example file and docs all come from here.
import { z } from "zod";
import { list, RELOADABLE } from "./field.ts";
import { address, choice, duration, ether, flag, gwei, integer, secret, size, text } from "./fields.ts";
import {
  addressRange,
  hostPort,
  httpUrl,
  ipAddress,
  listenHost,
  rpcUrl,
  storePrefix,
  storeUrl,
  urlHost,
} from "./net-fields.ts";
import { tlsFields } from "./tls-fields.ts";
import { alerts, tracing } from "./watch-settings.ts";

/** Where the Function Network's contracts live when nothing else is said. */
export const BASE_SEPOLIA = { chainId: 84_532, router: "0x7C8e239F9A26D7fd081Db72A2A23F4E9CA35E16b" } as const;

// Every setting is: kind, default as written in YAML (or optional), help. A section that is left out has its defaults.

const anyDuration = duration("0s");
const someTime = duration("1ms");

const polled = (who: string, help = "How often the registry is read from the chain; jitter is added.") =>
  z
    .strictObject({
      pollInterval: someTime.prefault("1m").describe(help),
    })
    .prefault({})
    .describe(`Reading the ${who} registry.`);

const node = z.strictObject({
  listenAddress: listenHost
    .prefault("127.0.0.1")
    .describe("Address to listen on. 127.0.0.1 is this machine only; 0.0.0.0 is every interface."),
  listenPort: integer(0, 65_535).prefault(8080).describe("Port of the public listener; 0 takes a free one."),
  publicIp: ipAddress.optional().describe("The IP that IDENTITY challenges answer with.").meta(RELOADABLE),
  publicIpUrl: httpUrl
    .optional()
    .describe(
      "A service that answers with this machine's public IP as text; asked when publicIp is not set, and cached.",
    )
    .meta(RELOADABLE),
  tls: tlsFields("fxn")
    .prefault({})
    .describe("HTTPS on the public listener; a renewed certificate is taken within seconds, without a restart."),
  trustedProxies: list(addressRange, "a list of addresses or ranges")
    .prefault([])
    .describe(
      "Addresses of the reverse proxies before this node: only what comes from them is believed about who called, in X-Forwarded-For or Forwarded, and only for the log.",
    )
    .meta(RELOADABLE),
});

const server = z.strictObject({
  workers: integer(0, 64)
    .prefault(0)
    .describe(
      "Processes that serve callers on the one port; 0 is one for each core up to 4 on Linux, and 1 elsewhere. 1 serves in the node's own process.",
    ),
});

const logger = z.strictObject({
  verbosity: choice(["debug", "info", "warn", "error", "dpanic", "panic", "fatal"])
    .prefault("info")
    .describe("Least severe level that is written. dpanic, panic and fatal, which the Go node knows, mean error.")
    .meta(RELOADABLE),
  format: choice(["auto", "json", "human"]).prefault("auto").describe("auto: human on a terminal, JSON elsewhere."),
});

const registry = z.strictObject({
  routerSmartContractAddress: address
    .prefault(BASE_SEPOLIA.router)
    .describe("The Router contract; the other contracts are looked up there."),
  chainId: integer(1)
    .optional()
    .meta({
      description: `Every RPC must be on this chain. Default: ${BASE_SEPOLIA.chainId} with the default Router; with another Router all RPCs must agree.`,
      examples: [BASE_SEPOLIA.chainId],
    }),
  bypassAuth: flag
    .prefault(false)
    .describe("Lets every caller in unsigned: development only, refused unless listenAddress is a loopback address."),
  maxStale: someTime
    .prefault("1h")
    .describe("How long callers pass on registry data that could not be refreshed; afterwards they are refused."),
  gasPerDay: ether
    .prefault("0.05")
    .describe("Most ETH that this node's own transactions there (fxn provider, fxn drain) may cost in 24 hours."),
  maxFeePerGas: gwei
    .optional()
    .describe("Most gwei for each gas of those; dearer, and nothing is sent. Default: only gasPerDay is a bound."),
  gateway: polled("gateway"),
  scheduler: polled("scheduler", "Accepted for the Go node's files and not used: the scheduler is in this file."),
  provider: polled("provider"),
});

const auth = z.strictObject({
  maxClockSkew: someTime.prefault("5m").describe("How far X-Timestamp may be from this machine's clock, both ways."),
});

const nonceCache = z.strictObject({
  ttl: someTime
    .prefault("5m")
    .describe("How long a nonce is kept at least; never less than twice auth.maxClockSkew, or than a network needs."),
  cleanupInterval: someTime.prefault("10m").describe("How often expired nonces are deleted.").meta(RELOADABLE),
  maxPerCaller: integer(1)
    .prefault(1_000_000)
    .describe("Live nonces that one caller may hold; when full its requests are refused, nothing is forgotten."),
});

const store = z.strictObject({
  url: storeUrl
    .optional()
    .describe(
      "Redis, Valkey or Postgres that keeps nonces, limits and ledger for several nodes; without it, the home does.",
    ),
  timeout: someTime.prefault("1s").describe("How long it may take to answer; callers are refused when it does not."),
  prefix: storePrefix
    .prefault("fxn")
    .describe("What its keys or tables begin with: the same for all nodes behind one address, and for no others."),
});

const limits = z.strictObject({
  openaiBody: size.prefault("20MB").describe("Largest body of a /v1 request."),
  challengeBody: size.prefault("64MB").describe("Largest body of a /challenge request."),
  bufferedBodies: size
    .prefault("1GB")
    .describe(
      "Bytes of request bodies held in memory at once, over all callers, shared out evenly among the workers; when full, the one that has been arriving for longest is given up.",
    ),
  bodyTimeout: someTime.prefault("30s").describe("How long a body may take to arrive."),
  requestsPerMinute: integer(0).prefault(0).describe("Requests per minute of one caller; 0 is no limit."),
  tokensPerMinute: integer(0)
    .prefault(0)
    .describe("Prompt and completion tokens per minute of one caller; 0 is no limit."),
  concurrent: integer(0).prefault(0).describe("Requests of one caller at the same time; 0 is no limit."),
});

const proxy = z.strictObject({
  maxIdleConns: integer(0).prefault(100).describe("Idle connections kept open to each model server."),
  idleConnTimeout: anyDuration.prefault("90s").describe("How long an idle connection is kept open."),
  connectTimeout: someTime.prefault("5s").describe("How long connecting to a model server may take."),
  firstByteTimeout: someTime
    .prefault("1h")
    .describe("How long a model server may take to begin its answer; streams get heartbeats meanwhile."),
  idleTimeout: someTime.prefault("5m").describe("How long a model server may be silent in the middle of an answer."),
  heartbeatInterval: someTime.prefault("10s").describe("Silence after which a stream's caller gets an SSE comment."),
});

const queue = z.strictObject({
  size: integer(0).prefault(512).describe("Requests that may wait; one more is answered 429 with Retry-After."),
  timeout: someTime.prefault("30s").describe("How long a request may wait."),
});

const health = z.strictObject({
  interval: anyDuration.prefault("15s").describe("How often each model server is probed; 0s turns probing off."),
  timeout: someTime.prefault("5s").describe("How long a probe may take."),
  failures: integer(1).prefault(3).describe("Failures in a row after which a model server is left out."),
  ejection: someTime.prefault("1s").describe("How long it is left out at first; doubles with each failed return."),
  maxEjection: someTime.prefault("30s").describe("The longest that it is left out before it is tried again."),
});

const admin = z.strictObject({
  listen: hostPort.prefault("127.0.0.1:9464").describe("Address and port; port 0 takes a free one."),
  allowedHosts: list(text("a host name", "node.lan"), "a list of host names")
    .prefault([])
    .describe("Further names that the Host header may carry; loopback names and the listen address always may.")
    .meta(RELOADABLE),
  token: secret.optional().meta({
    description:
      "Opens the page, /status and /activity (Authorization: Bearer); at least 16 characters. Without one, a loopback address needs none and any other gets one of its own, in the home's admin-token. /metrics stays open.",
    examples: ["a-long-random-text"],
    ...RELOADABLE,
  }),
  tokenFile: text("the path of a file", "/run/credentials/fxn/admin-token")
    .optional()
    .describe("File that holds it instead; mode 0600.")
    .meta(RELOADABLE),
});

const challenges = z.strictObject({
  memory: size
    .prefault("2GB")
    .describe("Most memory of this machine that one challenge may take; a larger product is refused. Not the GPU's."),
  threads: integer(0, 256)
    .prefault(0)
    .describe("CPU threads that a challenge computes with, at a low priority; 0 is as many as there are cores."),
  softwareAdapter: flag
    .prefault(false)
    .describe("Lets a graphics driver that computes on the CPU pass for a GPU: for trying things out."),
  reachableHosts: list(urlHost, "a list of hosts")
    .prefault([])
    .describe(
      "Hosts that ENDPOINT_REACHABLE may ask although their addresses are not public; with :port, on that port only.",
    ),
});

const keystore = z.strictObject({
  passwordFile: text("the path of a file", "/run/credentials/fxn/password")
    .optional()
    .describe("File that holds the password of the encrypted key; mode 0600."),
});

const update = z.strictObject({
  checkInterval: anyDuration
    .prefault("0s")
    .describe("How often the node looks whether there is a newer release; 0 never. It tells, and installs nothing."),
  from: text("a folder or an https:// URL", "https://releases.example/fxn")
    .optional()
    .describe("Folder or https:// URL of the releases that are looked at. Default: where this file is from."),
  publicKey: text("a public key of minisign", "RWQ…")
    .optional()
    .describe("minisign public key of their maker. Default: that of this file."),
});

const ownUse = z.strictObject({
  gpuBusy: integer(0, 100)
    .prefault(0)
    .describe(
      "GPU utilisation in percent from which the GPU counts as yours while no network's work runs: then none gets any. 0 is never.",
    ),
  pause: someTime.prefault("2m").describe("How long it counts as yours after it was last seen busy."),
});

const shutdown = z.strictObject({
  deadline: anyDuration.prefault("30s").describe("How long streams may go on after SIGTERM."),
  restartDeadline: anyDuration
    .prefault("1h")
    .describe("How long streams of the old process may go on after `fxn restart` or `fxn update`."),
});

/** The sections that every node has. */
const sections = {
  node: node.prefault({}).describe("Where the node listens and how it is reached."),
  server: server.prefault({}).describe("The public listener's processes."),
  logger: logger.prefault({}).describe("Logs go to standard error."),
  rpcProvider: list(rpcUrl, "one RPC URL or a list of them", 1)
    .prefault("https://sepolia.base.org")
    .describe("One RPC URL of the chain or a list of them: the fastest that works is asked first.")
    .meta(RELOADABLE),
  schedulerAddress: address
    .prefault("0x0a7A1fF52515C24FAa17c13B916679926272ffc4")
    .describe("The one scheduler of the Function Network: an externally owned account, not a contract, on purpose.")
    .meta(RELOADABLE),
  registry: registry.prefault({}).describe("Who may call, read from the chain.").meta(RELOADABLE),
  auth: auth.prefault({}).describe("Signed requests."),
  nonceCache: nonceCache.prefault({}).describe("Which nonces were used; kept on disk, or in the store."),
  store: store.prefault({}).describe("Where several nodes behind one address meet."),
  limits: limits.prefault({}).describe("Limits on callers.").meta(RELOADABLE),
  proxy: proxy.prefault({}).describe("The way to the model servers.").meta(RELOADABLE),
  queue: queue.prefault({}).describe("Waiting for a free model server; per model.").meta(RELOADABLE),
  health: health.prefault({}).describe("When a model server is left out and taken back.").meta(RELOADABLE),
  admin: admin
    .prefault({})
    .describe("The read-only listener for the operator: the page, /metrics, /status, /ready with reasons."),
  challenges: challenges.prefault({}).describe("What the scheduler may ask.").meta(RELOADABLE),
  keystore: keystore.prefault({}).describe("The node's key."),
  ownUse: ownUse
    .prefault({})
    .describe("Your own use of the GPU, which goes before that of every network.")
    .meta(RELOADABLE),
  update: update.prefault({}).describe("Newer releases of fxn.").meta(RELOADABLE),
  shutdown: shutdown.prefault({}).describe("Stopping.").meta(RELOADABLE),
  alerts: alerts
    .prefault({})
    .describe("Who is told when something is wrong, without a monitoring system.")
    .meta(RELOADABLE),
  tracing: tracing
    .prefault({})
    .describe("OpenTelemetry traces of requests; off unless a collector is named.")
    .meta(RELOADABLE),
};

/** @param networks what each network has under its id */
export function configSchemaWith(networks: Readonly<Record<string, z.ZodObject>>) {
  const members = Object.entries(networks).map(([id, settings]) => [id, settings.prefault({})] as const);
  const all: Record<string, z.ZodPrefault<z.ZodObject>> = Object.fromEntries(members);
  return z.strictObject({
    ...sections,
    networks: z.strictObject(all).prefault({}).describe("Which networks the node works for, and how.").meta(RELOADABLE),
  });
}

export type ConfigSchema = ReturnType<typeof configSchemaWith>;
export type Config = z.output<ConfigSchema>;
