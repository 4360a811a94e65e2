// What serves callers in one process: verification, limits, the inference service and the networks' routes.

import type { CallerRegistries } from "../auth/callers.ts";
import { createOpenVerifier, createRequestVerifier } from "../auth/request-verifier.ts";
import { openBackend } from "../backends/index.ts";
import type { ModelsConfig } from "../config/models-schema.ts";
import type { Config } from "../config/schema.ts";
import { REHEARSAL, type RequestVerifier } from "../core/auth.ts";
import type { ChallengePort } from "../core/challenge.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Health, NetworkSession } from "../core/network.ts";
import type { SharedRows } from "../core/shared.ts";
import { Budget, type Share } from "../inference/budget.ts";
import { createInference, type Inference } from "../inference/service.ts";
import { createFetch } from "../lib/fetch.ts";
import { createHttpClient } from "../lib/http-client.ts";
import { sharesOf } from "../networks/config.ts";
import { FUNCTION } from "../networks/index.ts";
import { httpMetrics } from "../observe/metrics/http.ts";
import { inferenceMetrics } from "../observe/metrics/inference.ts";
import type { Registry } from "../observe/metrics/node.ts";
import { loadTier } from "../secp256k1/load.ts";
import { createSignatures, type Signatures } from "../secp256k1/signatures.ts";
import type { Handler } from "../server/listen.ts";
import { createPublicApp } from "../server/public-app.ts";
import { modelServersAnswer, registryReasons } from "./status.ts";
import type { Stores } from "./stores.ts";
import { openTraces, type Traces } from "./traces/open.ts";
import { bufferedBodiesEach, servingProcesses } from "./workers/count.ts";

export interface DoorOptions {
  readonly config: Config;
  readonly models: ModelsConfig;
  readonly version: string;
  readonly callers: CallerRegistries;
  /** Keeps the registries fresh until the signal aborts. */
  readonly watchCallers: (signal: AbortSignal) => Promise<void>;
  readonly stores: Stores;
  /** undefined: the Function Network is off. */
  readonly challenges: ChallengePort | undefined;
  /** Why nobody is served, beside what is known here. */
  readonly otherReasons?: () => readonly string[];
  readonly register: Registry;
  /** Where the node's processes count together. */
  readonly rows: SharedRows;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Door {
  readonly app: Handler;
  /** The same routes for the callers of a rehearsal, who are all one in limits and ledger. */
  appFor(callers: CallerRegistries): Handler;
  readonly inference: Inference;
  /** undefined: there are none. */
  readonly traces: Traces | undefined;
  /** undefined: the one network that is on may have all, at any time. */
  readonly budget: Budget | undefined;
  readonly signatures: Signatures;
  readonly networks: readonly { readonly id: string; readonly session: NetworkSession }[];
  /** Whether a request could be served, and why not. */
  readiness(): Health;
  /** From now on new work is refused. */
  drain(): void;
  close(): void;
}

export function openDoor(options: DoorOptions): Door {
  const { config, models, version, callers, stores, challenges, register, rows, home, env, clock, log } = options;
  let draining = false;
  const ending = new AbortController();
  const { replay, limits, ledger } = stores;
  const signatures = openSignatures(clock, log);
  const http = createHttpClient(config.proxy, clock);
  const shares = sharesOf(config);
  const budget = needsBudget(config, shares) ? new Budget(shares, { rows, clock }) : undefined;
  const inference = createInference(
    { models, proxy: config.proxy, queue: config.queue, health: config.health },
    {
      openBackend: (backend) =>
        openBackend(backend, {
          http,
          ...config.proxy,
          home,
          env,
          platform: process.platform,
          ending: ending.signal,
          clock,
          log,
        }),
      ledger,
      clock,
      log,
      metrics: inferenceMetrics(register),
      rows,
      budget,
      version,
      created: Math.floor(clock.now() / 1000),
      onUsage: (caller, tokens) => limits.spend(caller, tokens),
    },
  );
  const registries = { run: options.watchCallers, health: () => callersKnown(config, callers) };
  const sessionsWith = (verifier: RequestVerifier) =>
    challenges
      ? [
          {
            id: FUNCTION.id,
            session: FUNCTION.open(config.limits, { verifier, limits, inference, challenges, registries }),
          },
        ]
      : [];
  const signedBy = (who: CallerRegistries) =>
    createRequestVerifier({
      network: "function",
      registries: who,
      signatures,
      replay,
      clock,
      maxClockSkewMs: config.auth.maxClockSkew,
    });
  const networks = sessionsWith(config.registry.bypassAuth ? createOpenVerifier() : signedBy(callers));
  const metrics = httpMetrics(register);
  const traces = openTraces(config.tracing, { env, fetch: createFetch(clock), register, version, clock, log });
  const appOf = (sessions: typeof networks) =>
    createPublicApp({
      routes: sessions.flatMap(({ session }) => session.routes()),
      ready: () => readiness().ready,
      draining: () => draining,
      limits: {
        ...config.limits,
        bufferedBodies: bufferedBodiesEach(config.limits, servingProcesses(config, models)),
      },
      clock,
      log,
      metrics,
      tracer: traces?.tracer,
    });

  function readiness(): Health {
    const reasons = draining
      ? ["the node is stopping"]
      : [
          ...stores.trouble(),
          ...networks.flatMap(({ session }) => session.health().reasons),
          ...(options.otherReasons?.() ?? []),
          ...modelServersAnswer(models, inference.health()).reasons,
        ];
    return { ready: reasons.length === 0, reasons };
  }

  return {
    app: appOf(networks),
    appFor: (who) => appOf(sessionsWith(asRehearsal(signedBy(who)))),
    inference,
    traces,
    budget,
    signatures,
    networks,
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
