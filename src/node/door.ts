// What serves callers in one process: verification, limits, the inference service and the networks' routes.

import type { CallerRegistries } from "../auth/callers.ts";
import { createOpenVerifier, createRequestVerifier } from "../auth/request-verifier.ts";
import { openBackend } from "../backends/index.ts";
import type { ModelsConfig } from "../config/models-schema.ts";
import { isLoopback } from "../config/net-fields.ts";
import type { Config } from "../config/schema.ts";
import { REHEARSAL, type RequestVerifier } from "../core/auth.ts";
import type { ChallengePort } from "../core/challenge.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Health, NetworkSession } from "../core/network.ts";
import type { SharedRows } from "../core/shared.ts";
import { Budget, type Share } from "../inference/budget.ts";
import { createInference, type Inference } from "../inference/service.ts";
import { trustedBy } from "../lib/client-address.ts";
import type { HeardClock } from "../lib/clock-skew.ts";
import { createFetch } from "../lib/fetch.ts";
import { createHttpClient } from "../lib/http-client.ts";
import { hostOf } from "../lib/http-head.ts";
import { sharesOf } from "../networks/config.ts";
import { FUNCTION } from "../networks/index.ts";
import { clockMetrics } from "../observe/metrics/clock.ts";
import { httpMetrics } from "../observe/metrics/http.ts";
import { inferenceMetrics, modelMetrics } from "../observe/metrics/inference.ts";
import type { Registry } from "../observe/metrics/node.ts";
import { loadTier } from "../secp256k1/load.ts";
import { createSignatures, type Signatures } from "../secp256k1/signatures.ts";
import { BodyBudget } from "../server/body.ts";
import type { Handler } from "../server/listen.ts";
import { createPublicApp } from "../server/public-app.ts";
import type { Live } from "./reload/live.ts";
import type { Configured, Prepared } from "./reload/part.ts";
import { modelServersAnswer, registryReasons } from "./status.ts";
import type { Stores } from "./stores.ts";
import { Traces, type Tracing } from "./traces/open.ts";
import { bufferedBodiesEach, servingProcesses } from "./workers/count.ts";

export interface DoorOptions {
  /** As the node begins, and from a reload on as it changed it. */
  readonly live: Live;
  readonly models: ModelsConfig;
  readonly version: string;
  readonly callers: (config: Config) => CallerRegistries;
  /** Keeps the registries fresh until the signal aborts. */
  readonly watchCallers: (signal: AbortSignal) => Promise<void>;
  readonly stores: Stores;
  /** undefined: the Function Network is off. */
  readonly challenges: ChallengePort | undefined;
  /** The same for rehearsals, which are told apart; default: `challenges`. */
  readonly rehearsed?: ChallengePort | undefined;
  /** Why nobody is served, beside what is known here. */
  readonly otherReasons?: () => readonly string[];
  readonly register: Registry;
  /** Hears what model servers say of the time. */
  readonly heard: HeardClock;
  /** Where the node's processes count together. */
  readonly rows: SharedRows;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Door {
  readonly app: Handler;
  /** Opens what the configuration names beside what serves now. Of what a running node cannot change it must say the same. */
  prepare(next: Pick<Configured, "config" | "models">): Promise<Prepared>;
  /** The same routes for the callers of a rehearsal, who are all one in limits and ledger. */
  appFor(callers: CallerRegistries): Handler;
  readonly inference: Inference;
  readonly traces: Traces;
  /** The one that holds now; undefined: the one network that is on may have all, at any time. */
  budget(): Budget | undefined;
  readonly signatures: Signatures;
  readonly networks: readonly { readonly id: string; readonly session: NetworkSession }[];
  /** Whether a request could be served, and why not. */
  readiness(): Health;
  /** From now on new work is refused. */
  drain(): void;
  close(): void;
}

/** What follows from one configuration. */
interface Served {
  readonly config: Config;
  readonly models: ModelsConfig;
  readonly budget: Budget | undefined;
  readonly tracing: Tracing;
  readonly networks: Door["networks"];
  readonly app: Handler;
}

export function openDoor(options: DoorOptions): Door {
  const { live, models: begun, version, callers, stores, challenges, register, rows, home, env, clock, log } = options;
  let draining = false;
  const ending = new AbortController();
  const { replay, limits, ledger } = stores;
  const signatures = openSignatures(clock, log);
  const { heard } = options;
  const client = createHttpClient(live.config.proxy, clock);
  // A model server on this machine has this machine's clock.
  const http = heard.listeningTo(client, (server) => !isLoopback(hostOf(server)));
  clockMetrics(register, () => heard.skew()?.aheadMs);
  const processes = servingProcesses(live.config, begun);
  const metrics = httpMetrics(register);
  const traces = new Traces({ env, fetch: createFetch(clock), register, version, clock, log });
  const budget = budgetOf(live.config);
  const inference = createInference(inferenceOf(live.config, begun, budget), {
    openBackend: (backend, own) =>
      openBackend(backend, {
        http,
        timeouts: () => live.config.proxy,
        home,
        env,
        platform: process.platform,
        ending: AbortSignal.any([ending.signal, own]),
        clock,
        log,
      }),
    ledger,
    clock,
    log,
    metrics: inferenceMetrics(register),
    rows,
    version,
    created: Math.floor(clock.now() / 1000),
    onUsage: (caller, tokens) => limits.spend(caller, tokens),
  });
  modelMetrics(register, () => inference.health().modelsUp);
  const bodies = new BodyBudget(bodiesEach(live.config), (held) => metrics.bufferedBytes.set({}, held));
  const tracing = traces.open(live.config.tracing);
  traces.changeTo(tracing);
  let served = serve(live.config, begun, budget, tracing);

  function budgetOf(config: Config): Budget | undefined {
    const shares = sharesOf(config);
    return needsBudget(config, shares) ? new Budget(shares, { rows, clock }) : undefined;
  }

  function bodiesEach(config: Config): number {
    return bufferedBodiesEach(config.limits, processes);
  }

  function sessionsWith(verifier: RequestVerifier, config: Config, answering = challenges): Door["networks"] {
    if (!answering) return [];
    const registries = { run: options.watchCallers, health: () => callersKnown(config, callers(config)) };
    const ports = { verifier, limits, inference, challenges: answering, registries };
    return [{ id: FUNCTION.id, session: FUNCTION.open(config.limits, ports) }];
  }

  function signedBy(registries: CallerRegistries, { auth }: Config): RequestVerifier {
    const maxClockSkewMs = auth.maxClockSkew;
    return createRequestVerifier({ network: FUNCTION.id, registries, signatures, replay, clock, maxClockSkewMs });
  }

  function appOf(sessions: Door["networks"], { node, limits: { bodyTimeout } }: Config, { tracer }: Tracing): Handler {
    return createPublicApp({
      routes: sessions.flatMap(({ session }) => session.routes()),
      ready: () => readiness().ready,
      draining: () => draining,
      isProxy: trustedBy(node.trustedProxies),
      scheme: node.tls.certFile === undefined ? "http" : "https",
      limits: { bodies, bodyTimeout },
      clock,
      log,
      metrics,
      tracer,
    });
  }

  function serve(config: Config, models: ModelsConfig, budget: Budget | undefined, tracing: Tracing): Served {
    const verifier = config.registry.bypassAuth ? createOpenVerifier() : signedBy(callers(config), config);
    const networks = sessionsWith(verifier, config);
    return { config, models, budget, tracing, networks, app: appOf(networks, config, tracing) };
  }

  function readiness(): Health {
    const reasons = draining
      ? ["the node is stopping"]
      : [
          ...stores.trouble(),
          ...served.networks.flatMap(({ session }) => session.health().reasons),
          ...(options.otherReasons?.() ?? []),
          ...modelServersAnswer(served.models, inference.health()).reasons,
        ];
    return { ready: reasons.length === 0, reasons };
  }

  return {
    app: (request, connections) => served.app(request, connections),
    appFor(who) {
      const { config, tracing: traced } = served;
      return appOf(sessionsWith(asRehearsal(signedBy(who, config)), config, options.rehearsed), config, traced);
    },
    async prepare({ config, models }) {
      const next = serve(config, models, budgetOf(config), traces.open(config.tracing));
      const prepared = await inference.prepare(inferenceOf(config, models, next.budget));
      return {
        notes: prepared.fresh.flatMap(({ name, error }) =>
          error === undefined ? [] : [`model server ${name} does not answer yet: ${error}`],
        ),
        commit() {
          prepared.commit();
          traces.changeTo(next.tracing);
          client.limitTo(config.proxy);
          limits.limitTo(config.limits);
          bodies.limitTo(bodiesEach(config));
          served = next;
        },
        discard: prepared.discard,
      };
    },
    inference,
    traces,
    budget: () => served.budget,
    signatures,
    get networks() {
      return served.networks;
    },
    readiness,
    drain() {
      draining = true;
    },
    close() {
      ending.abort();
      http.close();
    },
  };
}

function inferenceOf(config: Config, models: ModelsConfig, budget: Budget | undefined) {
  const { proxy, queue, health } = config;
  return { models, proxy, queue, health, budget };
}

/** Counting costs the way of every request a little. */
function needsBudget({ ownUse }: Config, shares: Readonly<Record<string, Share>>): boolean {
  const all = Object.values(shares);
  return (
    ownUse.gpuBusy > 0 || all.length > 1 || all.some(({ places, quietHours }) => places > 0 || quietHours.length > 0)
  );
}

function asRehearsal(verifier: RequestVerifier): RequestVerifier {
  return {
    begin(headers, roles) {
      const pending = verifier.begin(headers, roles);
      return {
        read: (part) => pending.read(part),
        verify: async () => ({ ...(await pending.verify()), id: REHEARSAL }),
      };
    },
  };
}

function openSignatures(clock: Clock, log: Log): Signatures {
  const { tier, passedOver } = loadTier();
  if (passedOver.length > 0) {
    const hint = "set TMPDIR to a folder from which programs may be loaded";
    log.warn({ why: passedOver.join("; "), hint }, `signatures are verified by ${tier.name}, which is slower`);
  }
  return createSignatures(tier, { clock, later: setImmediate });
}

/** Whether gateways can be told from strangers. */
function callersKnown({ registry }: Config, { gateway }: CallerRegistries): Health {
  const reasons = registry.bypassAuth ? [] : registryReasons({ gateways: gateway.state() });
  return { ready: reasons.length === 0, reasons };
}
