// A backend that is a process, for the conformance suite: a real runner in a folder of its own, without a sandbox.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBackend } from "../../src/backends/index.ts";
import type { ProcessConfig } from "../../src/config/models-schema.ts";
import { type RunnerConfig, sandboxSchema } from "../../src/config/runner-schema.ts";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { createHttpClient } from "../../src/lib/http-client.ts";
import { type BackendRig, patienceFor } from "../conformance/backends.ts";
import { FakeLog } from "./log.ts";

export interface ProcessRig extends BackendRig {
  readonly log: FakeLog;
  readonly folder: string;
  /** Every line that the runner was sent, by all its lives. */
  heard(): Record<string, unknown>[];
  /** With a new life. */
  behave(how: string): Promise<void>;
  /** What the runner does from now on, without a new life. */
  setHow(how: string): void;
}

export interface ProcessRigOptions {
  readonly runner?: Partial<RunnerConfig>;
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** Requests at once, as the runner says. */
  readonly concurrent?: number;
  /** Milliseconds of silence in the answer, and before it. Default: patienceFor. */
  readonly silence?: number;
}

export function processConfig(runner: Partial<RunnerConfig> & Pick<RunnerConfig, "command">): ProcessConfig {
  return {
    provider: "process",
    runner: { folder: "runners", environment: [], startTimeout: 5000, sandbox: sandboxSchema.parse({}), ...runner },
    ...{ model: undefined, weight: 1, maxConcurrent: 8, routes: ["/v1/chat/completions"], streamUsage: true },
  };
}

export async function openProcessRig(options: ProcessRigOptions = {}): Promise<ProcessRig> {
  const { clock = systemClock, concurrent = 4, silence, env = { PATH: process.env.PATH ?? "" } } = options;
  const folder = mkdtempSync(join(tmpdir(), "fxn-runner-canary-"));
  const script = join(import.meta.dir, "runner.ts");
  const log = new FakeLog();
  let ending = new AbortController();
  const config = processConfig({
    command: [process.execPath, script, String(concurrent), "canary"],
    ...{ folder, sandbox: sandboxSchema.parse({ mode: "off" }) },
    ...options.runner,
  });
  const http = createHttpClient({ maxIdleConns: 1, idleConnTimeout: 1000, connectTimeout: 1000 });
  let patience = patienceFor("healthy");
  const timeouts = () => ({ firstByteTimeout: silence ?? patience, idleTimeout: silence ?? patience });
  const ports = () => ({
    ...{ http, clock, log, home: folder, env, platform: process.platform, ending: ending.signal, timeouts },
  });
  const open = () => {
    ending = new AbortController();
    return openBackend(config, ports());
  };
  const setHow = (how: string) => writeFileSync(join(folder, "how"), how);
  setHow("healthy");
  let backend = open();
  const heard = () => {
    const file = join(folder, "heard");
    const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
    return lines.map((line): Record<string, unknown> => JSON.parse(line));
  };
  return {
    log,
    folder,
    heard,
    setHow,
    get backend() {
      return backend;
    },
    hidden: ["canary"],
    broken: {
      "backend.process.sandbox": {
        async open() {
          const runner = { ...config.runner, sandbox: sandboxSchema.parse({}) };
          return openBackend({ ...config, runner }, { ...ports(), env: { PATH: "/nonexistent" } });
        },
        finds: { state: "fail", message: /would show the node's home|no sandbox/ },
      },
    },
    async behave(how) {
      setHow(how);
      patience = patienceFor(how);
      ending.abort();
      backend = open();
      // The program's own start takes longer than a request may.
      if (how !== "sick" && how !== "nonsense") await backend.probe(AbortSignal.timeout(5000));
    },
    async leftAlone() {
      while (!heard().some(({ cancel }) => cancel === true)) await Bun.sleep(5);
    },
    async stop() {
      ending.abort();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
