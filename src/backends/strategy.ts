// What a kind of model server is to the rest: the providers that it serves, and how one of them is opened.
import type { ServerConfig } from "../config/models-schema.ts";
import type { ModelBackend } from "../core/backend.ts";
import type { CheckKind } from "../core/check.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { HttpClient } from "../lib/http-client.ts";
import type { ServerLook } from "./server-checks.ts";

export interface Timeouts {
  /** Milliseconds from the connection to the headers of an answer. */
  readonly firstByteTimeout: number;
  /** Milliseconds of silence in the middle of an answer. */
  readonly idleTimeout: number;
}

export interface BackendPorts {
  readonly http: HttpClient;
  /** Of a request that begins now: a reload may change them. */
  readonly timeouts: () => Timeouts;
  readonly clock: Clock;
}

/** What a backend that is a process of ours wants beside that. */
export interface ProcessPorts extends BackendPorts {
  readonly log: Log;
  /** The node's home folder. */
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Aborts when the node ends: what was started for it ends then. */
  readonly ending: AbortSignal;
}

export interface BackendStrategy {
  readonly kind: string;
  /** The values of `provider` in model_backend.yaml that mean it. */
  readonly providers: readonly ServerConfig["provider"][];
  /** What can be looked at of this kind alone: ids begin with "backend." and the kind. */
  readonly checks: readonly CheckKind<ServerLook>[];
  open(config: ServerConfig, ports: BackendPorts): ModelBackend;
}
