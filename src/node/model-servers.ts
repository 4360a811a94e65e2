// The model servers of a home, for commands beside a node that may run or not: asked directly, and counted nowhere.
import { openBackend } from "../backends/index.ts";
import type { Environment } from "../config/environment.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { Check } from "../core/check.ts";
import type { Clock } from "../core/clock.ts";
import type { ModelCard } from "../core/inference.ts";
import type { Log } from "../core/log.ts";
import type { TextPort } from "../core/text.ts";
import { createInference, type Inference } from "../inference/service.ts";
import { createText } from "../inference/text.ts";
import { createHttpClient } from "../lib/http-client.ts";
import { ownRows } from "../lib/shared-rows.ts";
import type { ModelServer } from "../networks/ports.ts";
import { inferenceMetrics } from "../observe/metrics/inference.ts";
import { Registry } from "../observe/metrics/node.ts";

/** Each is asked once; what answers later than that does not answer. */
const PROBE = { interval: 24 * 60 * 60 * 1000, timeout: 5000 };
const LOOK_MS = 20;

export interface ModelServers {
  readonly text: TextPort;
  models(): readonly ModelCard[];
  modelServers(): readonly ModelServer[];
  /** Asks each whether it works; until then all are taken to. @returns what is wrong with those that do not */
  ask(): Promise<readonly string[]>;
  checks(): readonly Check[];
  /** Programs that were started for the command end with it. */
  close(): void;
}

export interface ModelServersPorts {
  readonly home: string;
  readonly env: Environment;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

export function openModelServers(
  { config, models }: Pick<LoadedConfig, "config" | "models">,
  { home, env, version, clock, log }: ModelServersPorts,
): ModelServers {
  const known = models ?? { models: [], catchAll: false };
  const ending = new AbortController();
  const http = createHttpClient(config.proxy, clock);
  const timeouts = () => config.proxy;
  const common = { http, timeouts, home, env, platform: process.platform, ending: ending.signal, clock, log };
  const inference = createInference(
    { models: known, proxy: config.proxy, queue: config.queue, health: { ...config.health, ...PROBE } },
    {
      openBackend: (backend) => openBackend(backend, common),
      ledger: { append: async () => {} },
      metrics: inferenceMetrics(new Registry()),
      rows: ownRows(clock),
      created: Math.floor(clock.now() / 1000),
      onUsage() {},
      ...{ version, clock, log },
    },
  );
  let asked = false;
  return {
    text: createText(inference),
    models: () => inference.models(),
    modelServers: () =>
      inference.health().backends.map(({ kind, backend, names, lastError }) => ({
        ...{ kind, origin: backend, names, works: !asked || lastError === undefined },
      })),
    async ask() {
      await probeOnce(inference);
      asked = true;
      const failed = inference.health().backends.filter(({ lastError }) => lastError !== undefined);
      return failed.map(({ backend, lastError }) => `${backend}: ${lastError}`);
    },
    checks: () => inference.checks(),
    close() {
      ending.abort();
      http.close();
    },
  };
}

async function probeOnce(inference: Inference): Promise<void> {
  const done = new AbortController();
  const probing = inference.run(done.signal);
  const end = performance.now() + PROBE.timeout + 1000;
  const waiting = () =>
    inference.health().backends.some((one) => one.state === "unknown" && one.lastError === undefined);
  while (waiting() && performance.now() < end) await Bun.sleep(LOOK_MS);
  done.abort();
  await probing;
}
