// The joint between `fxn networks import` and a network: what its reference node's configuration becomes here.
import type { Secret } from "./secret.ts";

export interface NetworkImport {
  /** Under networks.<id> in config.yaml: as YAML would write it. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The private key that came with it, 64 hex digits. */
  readonly privateKey: Secret | undefined;
  /** The keystore that it names, as it is written there: encrypted, and copied as it is. */
  readonly keystore?: string | undefined;
  /** A model server that it names; used where the home has no model_backend.yaml yet. */
  readonly modelServer: ImportedServer | undefined;
  /** What else is kept and where, or cannot be and why: one line for each, with the name that it had. */
  readonly notes: readonly string[];
}

export interface ImportedServer {
  readonly url: string;
  readonly apiKey: Secret | undefined;
  /** Where its key goes; default: both. */
  readonly keyHeader?: "authorization" | "x-api-key";
  /** Of model_backend.yaml; default: as it looks when it is asked. */
  readonly provider?: string | undefined;
  /** Served without asking which it has. */
  readonly models?: readonly string[] | undefined;
  /** When it cannot be asked which models it has. */
  readonly fallbackModel?: string | undefined;
}

/** What the reference node's environment variables mean here, where a node is started with them. */
export interface NetworkEnvironment {
  readonly settings: readonly EnvironmentSetting[];
  /** 64 hex digits. With a key the network is on. */
  readonly privateKey: Secret | undefined;
  /** Of the network's key, where it has one of its own. */
  readonly keyPassword?: Secret | undefined;
  /** What is not carried over and why, each with the variable's name. */
  readonly notes: readonly string[];
}

export interface EnvironmentSetting {
  /** Under the network's id: "limits.tokens". */
  readonly setting: string;
  /** As YAML would write it. */
  readonly value: unknown;
  /** The variables that decide it. */
  readonly names: readonly string[];
}
