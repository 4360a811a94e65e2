// The home's model servers for one process that asks them itself: no node, no network, no ledger.
import { openBackend } from "../backends/index.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { TextPort } from "../core/text.ts";
import { createInference } from "../inference/service.ts";
import { createText } from "../inference/text.ts";
import { createHttpClient } from "../lib/http-client.ts";
import { ownRows } from "../lib/shared-rows.ts";
import { inferenceMetrics } from "../observe/metrics/inference.ts";
import { Registry } from "../observe/metrics/node.ts";

export interface LocalTextPorts {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface LocalText {
  readonly text: TextPort;
  /** That may be asked for. */
  readonly models: readonly string[];
  close(): void;
}

export function openLocalText(
  { config, models }: Pick<LoadedConfig, "config" | "models">,
  ports: LocalTextPorts,
): LocalText {
  const { home, env, version, clock, log } = ports;
  const http = createHttpClient(config.proxy, clock);
  const ending = new AbortController();
  const servers = {
    http,
    timeouts: () => config.proxy,
    home,
    env,
    platform: process.platform,
    ending: ending.signal,
    clock,
    log,
  };
  const inference = createInference(
    {
      models: models ?? { models: [], catchAll: false },
      proxy: config.proxy,
      queue: config.queue,
      health: config.health,
    },
    {
      openBackend: (backend) => openBackend(backend, servers),
      ledger: { append: async () => {} },
      clock,
      log,
      metrics: inferenceMetrics(new Registry()),
      rows: ownRows(clock),
      version,
      created: Math.floor(clock.now() / 1000),
      onUsage() {},
    },
  );
  return {
    text: createText(inference),
    models: inference.models().map(({ id }) => id),
    close() {
      ending.abort();
      http.close();
    },
  };
}
