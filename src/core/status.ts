// What the running node says of itself: the joint between the node and `fxn status`. Version 1 of the shape.
import type { Alert } from "./alert.ts";
import type { ProviderStanding } from "./registry.ts";

export interface NodeStatus {
  readonly schema: 1;
  readonly version: string;
  /** EIP-55; null when the node works for no network that knows it by an address. */
  readonly address: string | null;
  readonly uptimeSeconds: number;
  /** stopping: what runs may end, nothing new is taken. */
  readonly phase: NodePhase;
  readonly ready: boolean;
  /** Why not, each with what to do. */
  readonly reasons: readonly string[];
  readonly listen: string;
  readonly admin: string;
  /** Process ids of those that serve callers. */
  readonly workers: readonly number[];
  readonly configuration: ConfigurationStatus;
  /** What keeps no work away yet and should not stay so, each with its next step. */
  readonly cautions: readonly string[];
  /** Every id and alias that callers may ask for. */
  readonly models: readonly string[];
  readonly backends: readonly BackendStatus[];
  /** Requests that wait for a place, by model id. */
  readonly waiting: Readonly<Record<string, number>>;
  /** Streamed answers that run, in all processes; null: a node from before they were counted. */
  readonly streams: number | null;
  readonly registries: Readonly<Record<string, RegistryStatus>>;
  /** What computes challenges, the fastest first; empty until the engines are open. */
  readonly engines: readonly EngineStatus[];
  /** null: not known. */
  readonly provider: ProviderStanding | null;
  /** Those of their own accord that are on. */
  readonly networks: readonly NetworkStatus[];
  /** null: nobody is to be told. */
  readonly alerts: AlertsStatus | null;
  /** A newer release, and whether it mends a hole; null: there is none, or nobody looks for one. */
  readonly update: { readonly version: string; readonly security: boolean } | null;
}

export type NodePhase = "starting" | "serving" | "stopping";

export interface ConfigurationStatus {
  /** When what runs was read. */
  readonly loadedAt: string;
  /** Why the last reload was refused; null: it was not. */
  readonly lastError: string | null;
  /** Settings whose values in the files, when the node last read them, wait for a restart. */
  readonly restartPending: readonly string[];
}

export interface AlertsStatus {
  readonly firing: readonly Alert[];
  readonly targets: readonly AlertTargetStatus[];
}

export interface AlertTargetStatus {
  /** "webhook hooks.example.org" */
  readonly name: string;
  /** null: the last message was taken, or there was none. */
  readonly lastError: string | null;
  readonly waiting: number;
}

export interface NetworkStatus {
  readonly id: string;
  /** Whether the network can give this node work. */
  readonly ready: boolean;
  readonly reasons: readonly string[];
  /** Where it is called, with the port that was bound; null when it is not called. */
  readonly listen: string | null;
  readonly lines: readonly { readonly name: string; readonly value: string }[];
}

export interface EngineStatus {
  /** "cuda", "webgpu", "metal", "cpu". */
  readonly backend: string;
  readonly device: string;
  /** What carries it out: "cuBLAS 12.4", "vulkan", "avx2". */
  readonly api: string;
}

export interface BackendStatus {
  /** Scheme, host and port. */
  readonly name: string;
  /** closed: works; open: left out; half_open: being tried; unknown: nothing was heard of it yet. */
  readonly state: string;
  readonly kind: string;
  /** Ids of the models that it has. */
  readonly models: readonly string[];
  /** Milliseconds until it is tried again; 0 unless it is left out. */
  readonly leftOutForMs: number;
  readonly inFlight: number;
  readonly lastError: string | null;
}

export interface RegistryStatus {
  readonly entries: number;
  readonly ageSeconds: number | null;
  readonly block: string | null;
  readonly stale: boolean;
  readonly lastError: string | null;
}
