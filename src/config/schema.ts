// THE SCHEMA of config.yaml: types, defaults, help, environment names, example file and docs all come from here.
import { z } from "zod";
import { address, duration, hostPort, httpUrl, secret, size } from "./fields.ts";

/** Where the Function Network's contracts live when nothing else is said. */
export const BASE_SEPOLIA = { chainId: 84_532, router: "0x7C8e239F9A26D7fd081Db72A2A23F4E9CA35E16b" } as const;

/** Without a section, or without a key in it, the defaults hold. */
function section<Shape extends z.ZodRawShape>(help: string, shape: Shape) {
  return z
    .strictObject(shape)
    .prefault({} as z.input<z.ZodObject<Shape, z.core.$strict>>)
    .meta({ help });
}

const poll = (who: string) =>
  section(`Reading the ${who} registry.`, {
    pollInterval: duration
      .prefault("1m")
      .meta({ help: "How often the registry is read from the chain; jitter is added." }),
  });

export const configSchema = z.strictObject({
  node: section("Where the node listens and how it is reached.", {
    listenAddress: z.string().min(1).default("127.0.0.1").meta({
      help: "Address to listen on. 127.0.0.1 is this machine only; 0.0.0.0 is every interface.",
    }),
    listenPort: z
      .int()
      .min(0)
      .max(65_535)
      .default(8080)
      .meta({ help: "Port of the public listener; 0 takes a free one." }),
    publicIp: z.string().min(1).optional().meta({ help: "The IP that IDENTITY challenges answer with." }),
    publicIpUrl: httpUrl.optional().meta({
      help: "A service that answers with this machine's public IP as text; asked when publicIp is not set, and cached.",
    }),
  }),
  logger: section("Logs go to standard error.", {
    verbosity: z.enum(["debug", "info", "warn", "error", "dpanic", "panic", "fatal"]).default("info").meta({
      help: "Least severe level that is written. dpanic, panic and fatal, which the Go node knows, mean error.",
      reloadable: true,
    }),
    format: z
      .enum(["auto", "json", "human"])
      .default("auto")
      .meta({ help: "auto: human on a terminal, JSON elsewhere." }),
  }),
  rpcProvider: z
    .union([httpUrl.transform((url) => [url]), z.array(httpUrl).min(1)])
    .prefault("https://sepolia.base.org")
    .meta({ help: "One RPC URL of the chain or a list of them: the fastest that works is asked first." }),
  schedulerAddress: address.prefault("0x0a7A1fF52515C24FAa17c13B916679926272ffc4").meta({
    help: "The one scheduler of the Function Network: an externally owned account, not a contract, on purpose.",
  }),
  registry: section("Who may call, read from the chain.", {
    routerSmartContractAddress: address.prefault(BASE_SEPOLIA.router).meta({
      help: "The Router contract; the other contracts are looked up there.",
    }),
    chainId: z
      .int()
      .positive()
      .optional()
      .meta({
        help: `Every RPC must be on this chain. Default: ${BASE_SEPOLIA.chainId} with the default Router; with another Router all RPCs must agree.`,
      }),
    bypassAuth: z.boolean().default(false).meta({
      help: "Lets every caller in unsigned: development only, refused unless listenAddress is a loopback address.",
    }),
    maxStale: duration.prefault("1h").meta({
      help: "How long callers pass on registry data that could not be refreshed; afterwards they are refused.",
    }),
    gateway: poll("gateway"),
    scheduler: poll("scheduler"),
    provider: poll("provider"),
  }),
  auth: section("Signed requests.", {
    maxClockSkew: duration
      .prefault("5m")
      .meta({ help: "How far X-Timestamp may be from this machine's clock, both ways." }),
  }),
  nonceCache: section("Which nonces were used; kept on disk.", {
    ttl: duration
      .prefault("5m")
      .meta({ help: "How long a nonce is kept at least; never less than twice auth.maxClockSkew." }),
    cleanupInterval: duration.prefault("10m").meta({ help: "How often expired nonces are deleted." }),
    maxPerCaller: z.int().positive().default(1_000_000).meta({
      help: "Live nonces that one caller may hold; when full its requests are refused, nothing is forgotten.",
    }),
  }),
  limits: section("Limits on callers.", {
    openaiBody: size.prefault("20MB").meta({ help: "Largest body of a /v1 request." }),
    challengeBody: size.prefault("64MB").meta({ help: "Largest body of a /challenge request." }),
    bufferedBodies: size
      .prefault("1GB")
      .meta({ help: "Bytes of request bodies held in memory at once, over all callers." }),
    bodyTimeout: duration.prefault("30s").meta({ help: "How long a body may take to arrive." }),
    requestsPerMinute: z.int().min(0).default(0).meta({ help: "Requests per minute of one caller; 0 is no limit." }),
    tokensPerMinute: z
      .int()
      .min(0)
      .default(0)
      .meta({ help: "Prompt and completion tokens per minute of one caller; 0 is no limit." }),
    concurrent: z.int().min(0).default(0).meta({ help: "Requests of one caller at the same time; 0 is no limit." }),
  }),
  proxy: section("The way to the model servers.", {
    maxIdleConns: z.int().min(0).default(100).meta({ help: "Idle connections kept open to each model server." }),
    idleConnTimeout: duration.prefault("90s").meta({ help: "How long an idle connection is kept open." }),
    connectTimeout: duration.prefault("5s").meta({ help: "How long connecting to a model server may take." }),
    firstByteTimeout: duration.prefault("10m").meta({ help: "How long a model server may take to begin its answer." }),
    idleTimeout: duration
      .prefault("5m")
      .meta({ help: "How long a model server may be silent in the middle of an answer." }),
    heartbeatInterval: duration
      .prefault("10s")
      .meta({ help: "Silence after which a stream's caller gets an SSE comment." }),
  }),
  queue: section("Waiting for a free model server; per model.", {
    size: z
      .int()
      .min(0)
      .default(512)
      .meta({ help: "Requests that may wait; one more is answered 429 with Retry-After." }),
    timeout: duration.prefault("30s").meta({ help: "How long a request may wait." }),
  }),
  health: section("When a model server is left out and taken back.", {
    interval: duration.prefault("15s").meta({ help: "How often each model server is probed; 0s turns probing off." }),
    timeout: duration.prefault("5s").meta({ help: "How long a probe may take." }),
    failures: z.int().min(1).default(3).meta({ help: "Failures in a row after which a model server is left out." }),
    ejection: duration
      .prefault("1s")
      .meta({ help: "How long it is left out at first; doubles with each failed return." }),
    maxEjection: duration.prefault("30s").meta({ help: "The longest that it is left out before it is tried again." }),
  }),
  admin: section("The read-only listener for the operator: /metrics, /status, /ready with reasons.", {
    listen: hostPort.prefault("127.0.0.1:9464").meta({ help: "Address and port; port 0 takes a free one." }),
    allowedHosts: z.array(z.string().min(1)).default([]).meta({
      help: "Further names that the Host header may carry; loopback names and the listen address always may.",
    }),
  }),
  keystore: section("The node's key.", {
    passwordFile: z
      .string()
      .min(1)
      .optional()
      .meta({ help: "File that holds the password of the encrypted key; mode 0600." }),
  }),
  shutdown: section("Stopping.", {
    deadline: duration.prefault("30s").meta({ help: "How long streams may go on after SIGTERM." }),
  }),
});

export type Config = z.output<typeof configSchema>;
export { secret };
