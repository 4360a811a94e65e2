// THE INFERENCE SERVICE: from a call to the answer of a model server, for every network.
import { type BackendConfig, type ModelsConfig, PROCESS } from "../config/models-schema.ts";
import type { Config } from "../config/schema.ts";
import type { ModelBackend } from "../core/backend.ts";
import type { Check } from "../core/check.ts";
import type { Clock } from "../core/clock.ts";
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
import { PoolOpener, type Pools } from "./open-pools.ts";
import type { Lease } from "./pool.ts";
import { probe, probeOnce } from "./prober.ts";
import { relayBody } from "./relay-body.ts";
import { isEventStream, relayEvents } from "./relay-events.ts";
import { parseRequest } from "./request.ts";
import { responseBody } from "./response-body.ts";
import { RunningStreams } from "./running-streams.ts";
import type { Upstream } from "./upstream.ts";

export interface InferenceConfig {
  readonly models: ModelsConfig;
  readonly proxy: Config["proxy"];
  readonly queue: Config["queue"];
  readonly health: Config["health"];
  /** Among networks; undefined: there is only one, which has all. */
  readonly budget?: Budget | undefined;
}

export interface InferencePorts extends Omit<AnswerPorts, "streams"> {
  /**
   * Opens a model server; called once for each that differs in URL, kind or credential.
   * @param ending aborts when nobody asks it any more
   */
  readonly openBackend: (config: BackendConfig, ending: AbortSignal) => ModelBackend;
  /** Where the node's processes count together. */
  readonly rows: SharedRows;
  /** Of fxn, for the User-Agent. */
  readonly version: string;
  /** Unix seconds: when the models were created, as far as callers are concerned. */
  readonly created: number;
}

export interface Inference extends InferencePort {
  /** Probes the model servers until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  health(): InferenceHealth & { /** Streamed answers that run, in all processes. */ readonly streams: number };
  /** Of the model servers, for the doctor. */
  checks(): readonly Check[];
  /** Opens what the configuration names beside what there is; what both have is shared. New model servers are asked how they are. */
  prepare(config: InferenceConfig): Promise<PreparedInference>;
  /** Cuts every answer that is under way: their callers are told, as of a model server that fails. */
  breakOff(): void;
}

/** What could take over, in one step that cannot fail; or be let go. */
export interface PreparedInference {
  /** Model servers that were not there before, and what is wrong with each that does not answer. */
  readonly fresh: readonly { readonly name: string; readonly error: string | undefined }[];
  /** Answers that are under way end where they began; who waits is served by what there is now. */
  commit(): void;
  discard(): void;
}

/** What follows from one configuration. */
interface Served extends Pools {
  readonly config: InferenceConfig;
  readonly table: ModelTable;
  readonly routes: ReadonlySet<string>;
  /** Aborts when another takes its place. */
  readonly over: AbortController;
}

const NONE: ReadonlySet<never> = new Set();

export function createInference(config: InferenceConfig, ports: InferencePorts): Inference {
  const opener = new PoolOpener(ports);
  let served = open(config);
  served.begin(undefined);
  const deadlines = new Deadlines(ports.clock);
  const outgoing = { log: ports.log, metrics: ports.metrics, userAgent: `fxn/${ports.version}` };

  const running = new Set<Answer>();
  const streams = new RunningStreams(ports.rows, ports.metrics);
  const answering = { ...ports, streams };

  function open(next: InferenceConfig): Served {
    const { models } = next;
    const routes = new Set(models.models.flatMap(({ backends }) => backends.flatMap(({ routes }) => routes)));
    const pools = opener.open({ ...next, budget: next.budget });
    return { ...pools, config: next, table: new ModelTable(models), routes, over: new AbortController() };
  }

  /** What the call asks for, or InferenceError. */
  function understand(call: InferenceCall) {
    const { routes, table, pools } = served;
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
      const { models, budget } = served.config;
      budget?.refuseWhoRests(call.network);
      const { request, pool } = understand(call);
      const model = pool.model.id;
      const answer = new Answer(call, { model, streamed: request.stream }, answering, running);
      job = { answer, request, pool, modelName: models.catchAll ? undefined : model };
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
    const relay = { deadlines, heartbeatInterval: served.config.proxy.heartbeatInterval };
    const coming = exchange(job, lease, outgoing);
    // The caller of a stream is not left in silence; that of a plain answer waits for its status.
    if (request.stream && !(await settledWithin(coming, relay.heartbeatInterval, deadlines))) {
      return eventResponse(answer, lateStream(answer, coming, relay), streamHeaders(answer.call.id), deadlines);
    }
    const reply = await coming;
    answer.throwIfLeft();
    answer.streams(isEventStream(reply));
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
    models: () => served.table.cards(ports.created),
    async run(signal) {
      while (!signal.aborted) {
        const { upstreams, config, over } = served;
        await probe(upstreams, config.health, ports.clock, AbortSignal.any([signal, over.signal]));
      }
    },
    health() {
      const { upstreams, pools, config } = served;
      return { ...inferenceHealth(upstreams, [...pools.values()], config.health.interval > 0), streams: streams.total };
    },
    checks() {
      const { upstreams, pools, config } = served;
      const { models, health } = config;
      return modelServerChecks({
        ...{ upstreams, pools: [...pools.values()], catchAll: models.catchAll },
        ...{ probeTimeout: health.timeout, clock: ports.clock },
      });
    },
    async prepare(next) {
      const prepared = open(next);
      const fresh = await Promise.all(
        prepared.fresh.map(async (upstream) => ({ name: upstream.name, error: await trouble(upstream, next, ports) })),
      );
      return {
        fresh,
        commit() {
          const former = served;
          served = prepared;
          prepared.begin(former);
          former.over.abort();
        },
        discard: () => prepared.discard(),
      };
    },
    breakOff() {
      for (const answer of running) answer.breakOff();
    },
  };
}

/** Of a model server that was never asked, so that its first request finds out nothing. */
async function trouble(
  upstream: Upstream,
  { health }: InferenceConfig,
  { clock }: { clock: Clock },
): Promise<string | undefined> {
  // A program of ours takes its time to start, and a model's memory: it does so once it is wanted.
  if (health.interval === 0 || upstream.backend.kind === PROCESS) return undefined;
  await probeOnce(upstream, health.timeout, clock, new AbortController().signal);
  return upstream.breaker.lastError;
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
