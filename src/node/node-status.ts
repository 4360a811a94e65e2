// The whole status of a node, from the parts that know.
import type { Config } from "../config/schema.ts";
import type { Clock } from "../core/clock.ts";
import type { Health } from "../core/network.ts";
import type { AlertsStatus, NodePhase, NodeStatus } from "../core/status.ts";
import type { Inference } from "../inference/service.ts";
import type { Signer } from "../keys/signer.ts";
import type { Available } from "../update/watch.ts";
import type { FunctionParts } from "./function-parts.ts";
import type { OwnNetworks } from "./own-networks.ts";
import { PUBLIC_IP_STEP, publicIpTrouble } from "./public-ip.ts";
import type { Reload } from "./reload/reload.ts";
import { backendStatus, hostPort, registryStatus } from "./status.ts";
import type { WorkerGroup } from "./workers/worker-group.ts";

export type { NodePhase };

export interface StatusParts {
  readonly version: string;
  readonly signer: Signer | undefined;
  /** Milliseconds of the monotonic clock. */
  readonly startedAt: number;
  readonly phase: NodePhase;
  readonly readiness: () => Health;
  readonly config: Config;
  /** Those that were bound. */
  readonly ports: { readonly publicPort: number; readonly adminPort: number };
  readonly workers: WorkerGroup | undefined;
  readonly configuration: Reload["state"];
  readonly inference: Inference;
  /** undefined: the Function Network is off. */
  readonly functionParts: FunctionParts | undefined;
  readonly own: OwnNetworks;
  readonly alerts: AlertsStatus | null;
  /** A newer release. */
  readonly update: Available | undefined;
  readonly clock: Clock;
}

export function nodeStatus(parts: StatusParts): NodeStatus {
  const { config, ports, configuration, inference, functionParts, clock } = parts;
  const { backends, waiting, streams } = inference.health();
  const registries = Object.entries(functionParts?.registries.states() ?? {});
  return {
    schema: 1,
    version: parts.version,
    address: parts.signer?.checksumAddress ?? null,
    uptimeSeconds: Math.floor((clock.monotonic() - parts.startedAt) / 1000),
    phase: parts.phase,
    ...readiness(parts),
    listen: hostPort(config.node.listenAddress, ports.publicPort),
    admin: hostPort(config.admin.listen.host, ports.adminPort),
    workers: parts.workers?.alive.map(({ pid }) => pid) ?? [process.pid],
    configuration: {
      loadedAt: new Date(configuration.loadedAt).toISOString(),
      lastError: configuration.lastError ?? null,
      restartPending: configuration.restartPending,
    },
    cautions: cautions(config),
    models: inference.models().map(({ id }) => id),
    backends: backends.map(backendStatus),
    waiting,
    streams,
    registries: Object.fromEntries(registries.map(([name, state]) => [name, registryStatus(state)])),
    engines: functionParts?.compute.engines() ?? [],
    provider: functionParts?.registries.standing() ?? null,
    networks: parts.own.all().map((network) => network.status()),
    alerts: parts.alerts,
    update: parts.update ?? null,
  };
}

function cautions(config: Config): string[] {
  const trouble = publicIpTrouble(config);
  return trouble === undefined ? [] : [`${trouble}: ${PUBLIC_IP_STEP}`];
}

/** Whatever its parts say: before it listens nobody is served. */
function readiness({ phase, readiness }: StatusParts): Health {
  const health = readiness();
  return phase === "starting" ? { ready: false, reasons: ["the node is starting", ...health.reasons] } : health;
}
