// THE INFERENCE SERVICE: from a call to the answer of a model server, for every network.
import type { BackendConfig, ModelsConfig } from "../config/models-schema.ts";
import type { Config } from "../config/schema.ts";
import type { ModelBackend } from "../core/backend.ts";
import type { Check } from "../core/check.ts";
import { FxnError, messageOf } from "../core/errors.ts";
import type { InferenceCall, InferencePort } from "../core/inference.ts";
import type { SharedRows } from "../core/shared.ts";
import { asPart } from "../core/trace.ts";
import { Deadlines } from "../lib/deadlines.ts";
import { Answer, type AnswerPorts } from "./answer.ts";
import type { Budget } from "./budget.ts";
import { modelServerChecks } from "./checks.ts";
import { InferenceError } from "./errors.ts";
import { exchange, type Job } from "./exchange.ts";
import { streamHeaders } from "./headers.ts";
import { type InferenceHealth, inferenceHealth } from "./health.ts";
import { settledWithin } from "./heartbeat.ts";
import { lateStream } from "./late-stream.ts";
import { ModelTable } from "./models.ts";
import { openPools } from "./open-pools.ts";
import type { Lease } from "./pool.ts";
import { probe } from "./prober.ts";
import { relayBody } from "./relay-body.ts";
import { isEventStream, relayEvents } from "./relay-events.ts";
import { parseRequest } from "./request.ts";
import { responseBody } from "./response-body.ts";

export interface InferenceConfig {
  readonly models: ModelsConfig;
  readonly proxy: Config["proxy"];
  readonly queue: Config["queue"];
  readonly health: Config["health"];
}

export interface InferencePorts extends AnswerPorts {
  /** Opens a model server; called once for each that differs in URL, kind or credential. */
  readonly openBackend: (config: BackendConfig) => ModelBackend;
  /** Where the node's processes count together. */
  readonly rows: SharedRows;
  /** Among networks; undefined: there is only one, which has all. */
  readonly budget?: Budget | undefined;
  /** Of fxn, for the User-Agent. */
  readonly version: string;
  /** Unix seconds: when the models were created, as far as callers are concerned. */
  readonly created: number;
}

export interface Inference extends InferencePort {
  /** Probes the model servers until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  health(): InferenceHealth;
  /** Of the model servers, for the doctor. */
  checks(): readonly Check[];
  /** Cuts every answer that is under way: their callers are told, as of a model server that fails. */
  breakOff(): void;
}

const NONE: ReadonlySet<never> = new Set();

export function createInference(config: InferenceConfig, ports: InferencePorts): Inference {
  const table = new ModelTable(config.models);
  const { upstreams, pools } = openPools(config, ports);
  const routes = new Set(config.models.models.flatMap(({ backends }) => backends.flatMap(({ routes }) => routes)));
  const deadlines = new Deadlines(ports.clock);
  const relay = { deadlines, heartbeatInterval: config.proxy.heartbeatInterval };
  const outgoing = { log: ports.log, metrics: ports.metrics, userAgent: `fxn/${ports.version}` };

  const running = new Set<Answer>();

  /** What the call asks for, or InferenceError. */
  function understand(call: InferenceCall) {
    const noRoute = () =>
      new InferenceError("route_not_found", 404, `Unknown request URL: ${call.method} ${call.path}`);
    // Before the body is parsed: no model server here has the route, whatever the model.
    if (!routes.has(call.path)) throw noRoute();
    const request = parseRequest(call);
    const pool = pools.get(table.resolve(request));
    if (!pool?.has(call.path)) throw noRoute();
    return { request, pool };
  }

  async function send(call: InferenceCall): Promise<Response> {
    let job: Job | undefined;
    try {
      ports.budget?.refuseWhoRests(call.network);
      const { request, pool } = understand(call);
      const model = pool.model.id;
      const answer = new Answer(call, { model, streamed: request.stream }, ports, running);
      job = { answer, request, pool, modelName: config.models.catchAll ? undefined : model };
      answer.throwIfLeft();
      const lease = await asPart(call.trace, "queue", () =>
        pool.acquire(call.path, NONE, call.network, () => answer.left),
      );
      return await deliver(job, lease);
    } catch (error) {
      if (!job) call.onEnd();
      await job?.answer.settle("error", error instanceof FxnError ? error.status : 500, messageOf(error));
      job?.answer.close();
      throw error;
    }
  }

  async function deliver(job: Job, lease: Lease): Promise<Response> {
    const { answer, request } = job;
    const coming = exchange(job, lease, outgoing);
    // The caller of a stream is not left in silence; that of a plain answer waits for its status.
    if (request.stream && !(await settledWithin(coming, relay.heartbeatInterval, deadlines))) {
      return eventResponse(answer, lateStream(answer, coming, relay), streamHeaders(answer.call.id), deadlines);
    }
    const reply = await coming;
    answer.throwIfLeft();
    if (!isEventStream(reply)) return relayBody(answer, reply, deadlines);
    return eventResponse(
      answer,
      relayEvents(answer, reply, relay),
      streamHeaders(answer.call.id, reply.headers),
      deadlines,
    );
  }

  return {
    send,
    models: () => table.cards(ports.created),
    run: (signal) => probe(upstreams, config.health, ports.clock, signal),
    health: () => inferenceHealth(upstreams, [...pools.values()], config.health.interval > 0),
    checks: () => modelServerChecks({ upstreams, pools: [...pools.values()], catchAll: config.models.catchAll }),
    breakOff() {
      for (const answer of running) answer.breakOff();
    },
  };
}

function eventResponse(
  answer: Answer,
  events: AsyncGenerator<Uint8Array>,
  headers: Record<string, string>,
  deadlines: Deadlines,
): Response {
  return new Response(
    responseBody(events, () => answer.leave(), deadlines),
    { headers },
  );
}
