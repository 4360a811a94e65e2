// What a node's life is made of, and what can be done with one that runs.
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Health } from "../core/network.ts";
import type { Handler, NodeListener } from "../server/listen.ts";
import type { BackgroundWork } from "./background.ts";
import type { Inherited, Serving } from "./handover/protocol.ts";
import type { Successor } from "./handover/successor.ts";

export interface NodeParts {
  readonly version: string;
  /** Of the public port: one for each process that serves callers. */
  readonly listeners: number;
  /** Begins to serve callers: here, or in processes of their own. Throws HttpError or WorkerError. */
  readonly listen: (former: Inherited | undefined) => Promise<NodeListener>;
  readonly adminApp: Handler;
  readonly controlApp: (request: Request) => Promise<Response>;
  readonly adminAt: { host: string; port: number };
  /** Everything that works in the background until the signal aborts. */
  readonly background: readonly BackgroundWork[];
  /** Networks of their own accord; told to stop, each ends what it has begun, up to the deadline. */
  readonly networks: readonly BackgroundWork[];
  /** The same that changes what lies in the home, which is one node's at a time; it may be begun again. */
  readonly upkeep: readonly BackgroundWork[];
  readonly readiness: () => Health;
  /** Takes over the configuration as it is now. Throws what refuses it; then the node goes on as it was. */
  reload(): Promise<unknown>;
  /** Milliseconds for which nonces are kept. */
  readonly keepMs: number;
  /** The ports that were bound: a configured 0 takes a free one. */
  onListening(ports: { publicPort: number; adminPort: number }): void;
  /** From now on new work is refused. */
  startDraining(): void;
  /** Closes durable state; called last. */
  close(): void;
  /** These two as they are now: a reload changes them. */
  readonly deadlineMs: number;
  readonly restartDeadlineMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RunningNode {
  readonly publicPort: number;
  readonly adminPort: number;
  /** For what runs when it stops, as it is now: shutdown.deadline. */
  readonly deadlineMs: number;
  /** Whether requests are served now, or why not. */
  readiness(): Health;
  /** Takes over the configuration as it is now. Throws what refuses it; then the node goes on as it was. */
  reload(): Promise<unknown>;
  /** Lets what runs end, up to the deadline. Resolves with how many requests were cut off. */
  stop(options?: StopOptions): Promise<number>;
  /** The same number as soon as nothing runs any more, before everything is closed. */
  readonly ended: Promise<number>;
  /** Ends everything now. */
  kill(): Promise<void>;
  /**
   * Resolves when the successor serves; then this node only ends what runs, and `handedOver` tells when it has. Throws
   * what kept the successor from it: then this node goes on as before.
   */
  handOver(successor: Successor): Promise<Serving>;
  /** Resolves with how many requests were cut off. */
  readonly handedOver: Promise<number>;
}

export interface StopOptions {
  /** Default: shutdown.deadline. */
  readonly deadlineMs?: number | undefined;
  /** Between the end of the work and that of the control socket: somebody there waits to hear of it. */
  readonly lastWordsMs?: number;
}
