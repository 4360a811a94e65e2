// Builds the whole graph of a node, and is the only place that does: rooms of one floor meet here.

import { CHALLENGERS } from "../../challengers/index.ts";
import { Proofs } from "../../challengers/proofs.ts";
import { createPublicIp } from "../../challengers/public-ip.ts";
import { createChallenges } from "../../challengers/run-challenge.ts";
import { openRegistries, type Registries } from "../../registries/index.ts";
import { CallerLimits } from "../auth/caller-limits.ts";
import type { CallerRegistries } from "../auth/callers.ts";
import { createOpenVerifier, createRequestVerifier, type VerifierPorts } from "../auth/request-verifier.ts";
import { openBackend } from "../backends/index.ts";
import type { ModelsConfig } from "../config/models-schema.ts";
import type { Config } from "../config/schema.ts";
import type { RequestVerifier } from "../core/auth.ts";
import type { Clock } from "../core/clock.ts";
import type { Health } from "../core/network.ts";
import type { NodeStatus } from "../core/status.ts";
import { GpuProbe } from "../gpu/devices.ts";
import { askSources } from "../gpu/facts/ask.ts";
import { localMachine } from "../gpu/facts/local-machine.ts";
import { createInference } from "../inference/service.ts";
import type { Signer } from "../keys/signer.ts";
import { createFetch, type Fetch } from "../lib/fetch.ts";
import { createHttpClient } from "../lib/http-client.ts";
import { createReach } from "../lib/reach.ts";
import { NETWORKS } from "../networks/index.ts";
import type { Logger } from "../observe/logger.ts";
import { challengeMetrics, productMetrics } from "../observe/metrics/challenge.ts";
import { gpuMetrics } from "../observe/metrics/gpu.ts";
import { httpMetrics } from "../observe/metrics/http.ts";
import { inferenceMetrics } from "../observe/metrics/inference.ts";
import { nodeMetrics, Registry } from "../observe/metrics/node.ts";
import { registryMetrics } from "../observe/metrics/registry.ts";
import { loadTier } from "../secp256k1/load.ts";
import { createSignatures } from "../secp256k1/signatures.ts";
import { createAdminApp } from "../server/admin-app.ts";
import { createControlApp } from "../server/control-app.ts";
import { createPublicApp } from "../server/public-app.ts";
import { openDatabase } from "../store/database.ts";
import { SqliteLedger } from "../store/ledger.ts";
import { SqliteReplayGuard } from "../store/replay-guard.ts";
import { SqliteSnapshots } from "../store/snapshots.ts";
import { createCompute } from "./compute.ts";
import { fixedRegistry } from "./fixed-registry.ts";
import type { NodeParts } from "./lifecycle.ts";
import { nonceCleaner } from "./nonce-cleaner.ts";
import { RehearsalListener } from "./rehearsal-listener.ts";
import { backendStatus, hostPort, modelServersAnswer, registryReasons, registryStatus } from "./status.ts";

export interface NodeOptions {
  readonly home: string;
  readonly config: Config;
  /** undefined: no model_backend.yaml. */
  readonly models: ModelsConfig | undefined;
  readonly signer: Signer;
  readonly version: string;
  /** What starts the compute process: this program and its arguments. */
  readonly computeCommand: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Logger;
}

const NO_MODELS: ModelsConfig = { models: [], catchAll: false };
/** In a rehearsal there are no gateways: the scheduler may call all routes. */
const NOBODY = fixedRegistry("nobody", []);

/** Opens the database; nothing listens or works until the parts are run. Throws StoreError. */
export function composeNode(options: NodeOptions): NodeParts {
  const { home, config, models = NO_MODELS, signer, version, computeCommand, env, clock, log } = options;
  const register = new Registry();
  const fetch = createFetch(clock);
  const db = openDatabase(home);
  const startedAt = clock.monotonic();
  let draining = false;
  let ports = { publicPort: config.node.listenPort, adminPort: config.admin.listen.port };

  const registries = openRegistries({
    config,
    self: signer.address,
    fetch,
    clock,
    log,
    snapshots: new SqliteSnapshots(db),
    metrics: registryMetrics(register),
  });
  const replay = new SqliteReplayGuard(db, {
    clock,
    keepMs: Math.max(config.nonceCache.ttl, 2 * config.auth.maxClockSkew),
    maxPerScope: config.nonceCache.maxPerCaller,
  });
  const signatures = openSignatures(clock, log);
  const limits = new CallerLimits(config.limits, clock);
  const http = createHttpClient(config.proxy, clock);
  const inference = createInference(
    { models, proxy: config.proxy, queue: config.queue, health: config.health },
    {
      openBackend: (backend) => openBackend(backend, { http, ...config.proxy }),
      ledger: new SqliteLedger(db),
      clock,
      log,
      metrics: inferenceMetrics(register),
      version,
      created: Math.floor(clock.now() / 1000),
      onUsage: (caller, tokens) => limits.spend(caller, tokens),
    },
  );
  const machine = localMachine(clock);
  const gpus = new GpuProbe({ clock, log, read: () => askSources(machine) });
  gpuMetrics(register, () => gpus.latest());
  const { memory: memoryBytes, threads, softwareAdapter } = config.challenges;
  const compute = createCompute(
    { command: computeCommand, env, clock, log },
    { memoryBytes, threads, softwareAdapter },
    productMetrics(register),
  );
  const challenges = createChallenges({
    challengers: CHALLENGERS,
    context: {
      identity: signer,
      gpus: () => gpus.current(),
      publicIp: publicIp(config, fetch, clock),
      reachable: createReach({ allowedHosts: config.challenges.reachableHosts, clock, log }),
      compute,
      proofs: new Proofs(clock),
      clock,
    },
    clock,
    log,
    metrics: challengeMetrics(register),
  });
  const sessionsWith = (requests: RequestVerifier) =>
    NETWORKS.map(({ id, open }) => {
      const session = open(config.limits, {
        verifier: requests,
        limits,
        inference,
        challenges,
        registries: { run: (signal) => registries.run(signal), health: () => callersKnown(config, registries) },
      });
      return { id, session };
    });
  const networks = sessionsWith(verifier(config, registries, { replay, signatures, clock }, log));

  const readiness = () => {
    const reasons = draining
      ? ["the node is stopping"]
      : [
          ...networks.flatMap(({ session }) => session.health().reasons),
          ...modelServersAnswer(models, inference.health()).reasons,
        ];
    return { ready: reasons.length === 0, reasons };
  };
  const status = (): NodeStatus => ({
    schema: 1,
    version,
    address: signer.checksumAddress,
    uptimeSeconds: Math.floor((clock.monotonic() - startedAt) / 1000),
    ...readiness(),
    listen: hostPort(config.node.listenAddress, ports.publicPort),
    admin: hostPort(config.admin.listen.host, ports.adminPort),
    models: inference.models().map(({ id }) => id),
    backends: inference.health().backends.map(backendStatus),
    waiting: inference.health().waiting,
    registries: Object.fromEntries(
      Object.entries(registries.states()).map(([name, state]) => [name, registryStatus(state)]),
    ),
    engines: compute.engines(),
    provider: registries.providers.standing() ?? null,
  });
  nodeMetrics(register, version, () => readiness().ready);

  const requestMetrics = httpMetrics(register);
  const appOf = (sessions: typeof networks) =>
    createPublicApp({
      routes: sessions.flatMap(({ session }) => session.routes()),
      ready: () => readiness().ready,
      draining: () => draining,
      limits: config.limits,
      clock,
      log,
      metrics: requestMetrics,
    });
  const rehearsal = new RehearsalListener({
    appFor: (scheduler) =>
      appOf(sessionsWith(signedBy({ gateway: NOBODY, scheduler }, { replay, signatures, clock }, config))),
    clock,
    log,
  });

  return {
    publicApp: appOf(networks),
    adminApp: createAdminApp({
      metrics: async () => ({ type: register.contentType, text: await register.metrics() }),
      status,
      readiness,
      allowedHosts: [...config.admin.allowedHosts, config.admin.listen.host],
    }),
    controlApp: createControlApp({ status, readiness, setLogLevel: (level) => log.setLevel(level), rehearsal }),
    publicAt: { host: config.node.listenAddress, port: config.node.listenPort },
    adminAt: config.admin.listen,
    background: [
      ...networks.map(({ id, session }) => ({ name: id, run: (signal: AbortSignal) => session.run(signal) })),
      { name: "model servers", run: (signal) => inference.run(signal) },
      { name: "GPU probe", run: (signal) => gpus.run(signal) },
      { name: "nonces", run: nonceCleaner(replay, config.nonceCache.cleanupInterval, clock, log) },
    ],
    onListening: (bound) => {
      ports = bound;
      compute.warmUp();
    },
    startDraining: () => {
      draining = true;
    },
    close: () => {
      void rehearsal.close();
      compute.stop();
      http.close();
      db.close();
    },
    deadlineMs: config.shutdown.deadline,
    clock,
    log,
  };
}

type Checks = Pick<VerifierPorts, "replay" | "signatures" | "clock">;

function verifier(config: Config, registries: Registries, checks: Checks, log: Logger) {
  if (config.registry.bypassAuth) {
    log.warn({ setting: "registry.bypassAuth" }, "EVERY CALLER IS LET IN UNSIGNED: development only");
    return createOpenVerifier();
  }
  return signedBy({ gateway: registries.gateways, scheduler: registries.schedulers }, checks, config);
}

function signedBy(registries: CallerRegistries, checks: Checks, { auth }: Config) {
  return createRequestVerifier({ network: "function", registries, ...checks, maxClockSkewMs: auth.maxClockSkew });
}

function openSignatures(clock: Clock, log: Logger) {
  const { tier, passedOver } = loadTier();
  if (passedOver.length > 0) {
    const hint = "set TMPDIR to a folder from which programs may be loaded";
    log.warn({ why: passedOver.join("; "), hint }, `signatures are verified by ${tier.name}, which is slower`);
  }
  return createSignatures(tier, { clock, later: setImmediate });
}

/** Whether gateways can be told from strangers. */
function callersKnown({ registry }: Config, registries: Registries): Health {
  const reasons = registry.bypassAuth ? [] : registryReasons({ gateways: registries.gateways.state() });
  return { ready: reasons.length === 0, reasons };
}

function publicIp({ node }: Config, get: Fetch, clock: Clock) {
  return createPublicIp({
    publicIp: node.publicIp,
    publicIpUrl: node.publicIpUrl,
    clock,
    async fetchText(url, signal) {
      const { body } = await get(url, { timeoutMs: 5000, maxBytes: 1024, signal });
      return new TextDecoder().decode(body);
    },
  });
}
