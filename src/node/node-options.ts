// What a node is built from.
import type { ModelsConfig } from "../config/models-schema.ts";
import type { Config } from "../config/schema.ts";
import type { Clock } from "../core/clock.ts";
import type { Signer } from "../keys/signer.ts";
import type { OwnConfig } from "../networks/config.ts";
import type { ModelProgram } from "../networks/ports.ts";
import type { Logger } from "../observe/logger.ts";
import type { ReleaseSource } from "../update/watch.ts";
import type { Restart } from "./handover/restart.ts";
import type { NetworkKey } from "./own-networks.ts";
import type { Files } from "./reload/read.ts";
import type { WorkerGroup } from "./workers/worker-group.ts";

export interface NodeOptions {
  readonly home: string;
  readonly config: Config;
  /** undefined: no model_backend.yaml. */
  readonly models: ModelsConfig | undefined;
  /** The key of the Function Network; undefined: that network is off. */
  readonly signer: Signer | undefined;
  /** The networks of their own accord that are on, and the keys that sign for them by the network's id. */
  readonly networks: readonly OwnConfig[];
  readonly keys: ReadonlyMap<string, () => NetworkKey>;
  /** Of a network that is turned on, or given another key, while the node runs. Asks nobody. Throws KeyError. */
  readonly openKey: (own: OwnConfig) => Promise<NetworkKey>;
  readonly version: string;
  /** Where releases lie and who signs them, as far as this program was told. */
  readonly releases: ReleaseSource;
  /** What starts the compute process: this program and its arguments. */
  readonly computeCommand: readonly string[];
  /** The same as the process of a network's model, and what of the disk that needs. */
  readonly modelProgram: Pick<ModelProgram, "command" | "readable">;
  /** Processes that serve callers; undefined: this one does. */
  readonly workers: WorkerGroup | undefined;
  /** The configuration's files, by path, as they were read. */
  readonly files: Files;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Lets a process that runs the program as it lies on the disk now take over from this one. */
  readonly restart: Pick<Restart, "now" | "busy">;
  /** Ends what the node has begun, then the node; see Drain. */
  readonly drain: (deadlineMs: number | undefined) => Promise<{ cut: number }>;
  /** A service manager is told of a reload's begin and end. */
  readonly onReload: (busy: boolean) => void;
  readonly clock: Clock;
  readonly log: Logger;
}
