// The real inference service behind a real listener, with real connections to model servers; only those are fakes.
import { Registry } from "prom-client";
import { openBackend } from "../../src/backends/index.ts";
import {
  type BackendConfig,
  DEFAULT_ROUTES,
  type ModelsConfig,
  type ServerConfig,
} from "../../src/config/models-schema.ts";
import { systemClock } from "../../src/core/clock.ts";
import { errorBody } from "../../src/core/error-body.ts";
import { FxnError } from "../../src/core/errors.ts";
import { createInference, type Inference, type InferenceConfig } from "../../src/inference/service.ts";
import { createHttpClient } from "../../src/lib/http-client.ts";
import { ownRows } from "../../src/lib/shared-rows.ts";
import { inferenceMetrics } from "../../src/observe/metrics/inference.ts";
import { FakeLedger } from "./ledger.ts";
import { FakeLog } from "./log.ts";

export type Settings = {
  [Section in "proxy" | "queue" | "health"]?: Partial<InferenceConfig[Section]>;
};

export function backend(url: string, more: Partial<ServerConfig> = {}): ServerConfig {
  return {
    url,
    provider: "custom",
    model: undefined,
    weight: 1,
    maxConcurrent: 4096,
    routes: [...DEFAULT_ROUTES],
    streamUsage: true,
    maxTokens: 4096,
    apiKey: undefined,
    bearerToken: undefined,
    ...more,
  };
}

/** The list form: one model "tiny" with those servers. */
export function oneModel(...backends: BackendConfig[]): ModelsConfig {
  return { catchAll: false, models: [{ id: "tiny", aliases: ["small"], backends }] };
}

export class InferenceRig {
  readonly ledger = new FakeLedger();
  readonly log = new FakeLog();
  readonly register = new Registry();
  /** Tokens by caller. */
  readonly used: [caller: string, tokens: number][] = [];
  readonly inference: Inference;
  /** What it began with. */
  readonly config: InferenceConfig;
  readonly url: string;
  /** Labels of model servers, as they were opened and let go. */
  readonly opened: string[] = [];
  readonly closed: string[] = [];
  /** Calls whose onEnd was called. */
  ended = 0;
  readonly #stop: () => void;

  constructor(models: ModelsConfig, settings: Settings = {}) {
    const proxy = {
      maxIdleConns: 100,
      idleConnTimeout: 90_000,
      connectTimeout: 10_000,
      firstByteTimeout: 30_000,
      idleTimeout: 30_000,
      heartbeatInterval: 10_000,
      ...settings.proxy,
    };
    const http = createHttpClient(proxy);
    this.config = {
      models,
      proxy,
      queue: { size: 512, timeout: 30_000, ...settings.queue },
      health: { interval: 0, timeout: 1000, failures: 3, ejection: 1000, maxEjection: 30_000, ...settings.health },
    };
    this.inference = createInference(this.config, {
      clock: systemClock,
      rows: ownRows(systemClock),
      ledger: this.ledger,
      log: this.log,
      metrics: inferenceMetrics(this.register),
      onUsage: (caller, tokens) => this.used.push([caller, tokens]),
      openBackend: (config, ending) => {
        const backend = openBackend(config, {
          ...{ http, timeouts: () => proxy, clock: systemClock, log: this.log, home: "/nonexistent", env: {} },
          platform: process.platform,
          ending,
        });
        this.opened.push(backend.label);
        ending.addEventListener("abort", () => this.closed.push(backend.label));
        return backend;
      },
      version: "9.9.9",
      created: 1_750_000_000,
    });
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      idleTimeout: 0,
      development: false,
      fetch: (request) => this.#handle(request),
    });
    this.url = `http://127.0.0.1:${server.port}`;
    this.#stop = () => {
      http.close();
      void server.stop(true);
    };
  }

  stop(): void {
    this.#stop();
  }

  post(path: string, body: unknown, init: RequestInit = {}): Promise<Response> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return fetch(this.url + path, {
      method: "POST",
      body: text,
      headers: { "content-type": "application/json" },
      ...init,
    });
  }

  chat(more: object = {}, init: RequestInit = {}): Promise<Response> {
    return this.post("/v1/chat/completions", { model: "tiny", messages: [], ...more }, init);
  }

  async metric(name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
    const found = await this.register.getSingleMetric(name)?.get();
    const matches = (own: object) => Object.entries(labels).every(([key, value]) => Reflect.get(own, key) === value);
    return found?.values.find((value) => matches(value.labels))?.value;
  }

  async #handle(request: Request): Promise<Response> {
    let ended = false;
    try {
      return await this.inference.send({
        id: `req_${this.ledger.rows.length}`,
        network: "function",
        caller: "0xcaller",
        method: request.method === "GET" ? "GET" : "POST",
        path: new URL(request.url).pathname,
        search: "",
        headers: request.headers,
        body: new Uint8Array(await request.arrayBuffer()),
        signal: request.signal,
        onEnd: () => {
          if (ended) throw new Error("onEnd was called twice");
          ended = true;
          this.ended++;
        },
      });
    } catch (error) {
      if (!(error instanceof FxnError)) this.log.error({ error: String(error) }, "untyped");
      const { status, headers } = error instanceof FxnError ? error : { status: 500, headers: {} };
      return Response.json(errorBody(error), { status, headers });
    }
  }
}
