// The Function Network's own part of a node: who may call, read from the chain, and what the scheduler may ask.
import { CHALLENGERS } from "../../challengers/index.ts";
import { Proofs } from "../../challengers/proofs.ts";
import { type ChallengePorts, createChallenges } from "../../challengers/run-challenge.ts";
import type { Config } from "../config/schema.ts";
import type { ChallengePort } from "../core/challenge.ts";
import type { Clock } from "../core/clock.ts";
import { FxnError } from "../core/errors.ts";
import type { GpuStats } from "../core/gpu.ts";
import type { Log } from "../core/log.ts";
import type { SnapshotStore } from "../core/registry.ts";
import type { Signer } from "../keys/signer.ts";
import type { Fetch } from "../lib/fetch.ts";
import { createReach } from "../lib/reach.ts";
import { challengeMetrics, productMetrics } from "../observe/metrics/challenge.ts";
import type { Registry } from "../observe/metrics/node.ts";
import { registryMetrics } from "../observe/metrics/registry.ts";
import { type Compute, createCompute } from "./compute.ts";
import type { ComputeOptions } from "./compute-process.ts";
import { LiveRegistries } from "./live-registries.ts";
import { publicIpFinder } from "./public-ip.ts";
import type { Live } from "./reload/live.ts";
import type { ReloadPart } from "./reload/part.ts";

export interface FunctionOptions {
  /** As the node begins, and from a reload on as it changed it. */
  readonly live: Live;
  readonly signer: Signer;
  /** What starts the compute process: this program and its arguments. */
  readonly computeCommand: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly snapshots: SnapshotStore;
  readonly register: Registry;
  readonly gpus: () => Promise<readonly GpuStats[]>;
  /** Is told how each challenge has ended. */
  readonly onChallenge: ChallengePorts["onEnd"];
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Log;
}

export interface FunctionParts extends ReloadPart {
  readonly registries: LiveRegistries;
  readonly challenges: ChallengePort;
  readonly compute: Compute;
}

export function openFunctionParts(options: FunctionOptions): FunctionParts {
  const { live, signer, computeCommand, env, snapshots, register, gpus, fetch, clock, log } = options;
  const registries = new LiveRegistries(live.config, {
    ...{ fetch, clock, log, snapshots },
    self: signer.address,
    metrics: registryMetrics(register),
  });
  const compute = createCompute(
    { command: computeCommand, env, clock, log },
    computeOptions(live.config),
    productMetrics(register),
  );
  const challenges = createChallenges({
    challengers: CHALLENGERS,
    context: {
      identity: signer,
      gpus,
      publicIp: publicIpFinder(() => live.config.node, fetch, clock),
      reachable: (url, signal) =>
        createReach({ allowedHosts: live.config.challenges.reachableHosts, clock, log })(url, signal),
      compute,
      proofs: new Proofs(clock),
      clock,
    },
    clock,
    log,
    metrics: challengeMetrics(register),
    onEnd: options.onChallenge,
  });
  return {
    ...{ registries, challenges, compute },
    async prepare(next) {
      const prepared = await registries.prepare(next);
      return {
        ...prepared,
        commit() {
          compute.changeTo(computeOptions(next.config));
          return prepared.commit();
        },
      };
    },
  };
}

function computeOptions({ challenges: { memory: memoryBytes, threads, softwareAdapter } }: Config): ComputeOptions {
  return { memoryBytes, threads, softwareAdapter };
}

/** What a challenge gets where there are no such parts. */
export async function functionIsOff(): Promise<Response> {
  throw new FxnError("network_off", 404, "the Function Network is off: nobody challenges this node");
}
