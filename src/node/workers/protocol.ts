// What the node and its workers say to each other, over Bun's IPC.
import { z } from "zod";
import { address } from "../../config/fields.ts";
import { failure } from "../../gpu/process/protocol.ts";

/** What is known of a registry; its age counts on from when it is told. */
const knowledge = z.strictObject({
  addresses: z.array(address),
  ageMs: z.number().optional(),
  block: z.bigint().optional(),
  lastError: z.string().optional(),
});
export type Knowledge = z.output<typeof knowledge>;

const logLevel = z.enum(["debug", "info", "warn", "error"]);

/** It goes this way alone: neither arguments nor the environment hold a key. */
const tls = z.strictObject({ cert: z.string(), key: z.string(), clientCa: z.string().optional() });

/** All do one step when all have done the one before: server/renewable-listener.ts. */
const renewal = z.union([
  z.strictObject({ join: tls }),
  z.strictObject({ makeWay: z.int() }),
  z.strictObject({ leave: z.int() }),
]);
export type RenewalStep = z.output<typeof renewal>;
/** The configuration's files as the node read them: a later change must not make workers differ. */
const files = z.record(z.string(), z.string().optional());

const start = z.strictObject({
  /** 1 and up; a worker that takes the place of another has its number. */
  number: z.int().positive(),
  home: z.string(),
  version: z.string(),
  /** As the node began with them: what needs a restart is as it is there. */
  files,
  /** As they were when it last reloaded. */
  reloaded: files.optional(),
  logLevel,
  /** The file where all processes count together, and how many there are, with the node itself. */
  rows: z.strictObject({ path: z.string(), processes: z.int() }),
  /** Milliseconds that the node has been running, and the wall clock when it said so: a worker takes its time to begin. */
  elapsedMs: z.number(),
  sentAt: z.number(),
  at: z.strictObject({ host: z.string(), port: z.number() }),
  /** undefined: plain HTTP. */
  tls: tls.optional(),
});
export type Start = z.output<typeof start>;

/** As prom-client's registers give and merge them. */
const metrics = z.array(z.custom<object>((value) => typeof value === "object" && value !== null));
export type Metrics = z.output<typeof metrics>;

/** First `start`; then the rest as it comes. */
export const toWorker = z.union([
  z.strictObject({ start }),
  z.strictObject({ gateways: knowledge }),
  z.strictObject({ logLevel }),
  /** Opens what those files want beside what serves, and says so; then one of the next two follows. */
  z.strictObject({ reload: z.strictObject({ id: z.number(), files }) }),
  z.strictObject({ commit: z.number() }),
  z.strictObject({ discard: z.number() }),
  /** Wants its metrics. */
  z.strictObject({ ask: z.number() }),
  /** Takes no new work, ends when the running work has ended or after so many milliseconds. */
  z.strictObject({ drain: z.number() }),
  /** Another node has taken over, with so many listeners on the port. */
  z.strictObject({ makeWay: z.strictObject({ others: z.int(), deadlineMs: z.number() }) }),
  /** All workers have made way: closes the port, and ends. */
  z.strictObject({ leave: z.strictObject({ others: z.int() }) }),
  /** Nobody else is on the port: neither the node before this one, nor what listened with an older certificate. */
  z.strictObject({ alone: z.literal(true) }),
  /** Only what listened with an older certificate has left it. */
  z.strictObject({ steerToLast: z.int() }),
  z.strictObject({ renewal }),
]);
export type ToWorker = z.output<typeof toWorker>;

export const toMain = z.union([
  z.strictObject({ listening: z.number() }),
  z.strictObject({ failed: failure }),
  z.strictObject({ answer: z.number(), metrics }),
  z.strictObject({ prepared: z.number() }),
  /** Serves by it, or takes no new work. */
  z.strictObject({ committed: z.number() }),
  z.strictObject({ unprepared: z.number(), failed: failure }),
  z.strictObject({ madeWay: z.literal(true) }),
  /** A step of a renewal is done, or why not. */
  z.strictObject({ renewed: z.strictObject({ failed: z.string().optional() }) }),
  /** Requests that were cut off by the deadline. */
  z.strictObject({ drained: z.number() }),
]);
export type ToMain = z.output<typeof toMain>;
