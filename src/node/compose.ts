// Builds the whole graph of a node, and is the only place that does: rooms of one floor meet here.

import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CHALLENGERS } from "../../challengers/index.ts";
import { Proofs } from "../../challengers/proofs.ts";
import { createPublicIp } from "../../challengers/public-ip.ts";
import { createChallenges } from "../../challengers/run-challenge.ts";
import { openRegistries } from "../../registries/index.ts";
import type { ModelsConfig } from "../config/models-schema.ts";
import type { Config } from "../config/schema.ts";
import type { Clock } from "../core/clock.ts";
import type { NodeStatus } from "../core/status.ts";
import { GpuProbe } from "../gpu/devices.ts";
import { askSources } from "../gpu/facts/ask.ts";
import { localMachine } from "../gpu/facts/local-machine.ts";
import type { Signer } from "../keys/signer.ts";
import { createFetch, type Fetch } from "../lib/fetch.ts";
import { isAlive } from "../lib/is-alive.ts";
import { createReach } from "../lib/reach.ts";
import { createRowsFile, MappedRows, ownRows } from "../lib/shared-rows.ts";
import { steerNoMore } from "../lib/steer-connections.ts";
import type { Logger } from "../observe/logger.ts";
import { challengeMetrics, productMetrics } from "../observe/metrics/challenge.ts";
import { gpuMetrics } from "../observe/metrics/gpu.ts";
import { merged, nodeMetrics, Registry } from "../observe/metrics/node.ts";
import { registryMetrics } from "../observe/metrics/registry.ts";
import { storeMetrics } from "../observe/metrics/store.ts";
import { createAdminApp } from "../server/admin-app.ts";
import { createControlApp } from "../server/control-app.ts";
import { type Handler, type ListenAt, listen, type PublicListener, refuseTakenPort } from "../server/listen.ts";
import { openDatabase } from "../store/database.ts";
import { LedgerImporter } from "../store/ledger/importer.ts";
import { SqliteSnapshots } from "../store/snapshots.ts";
import { createCompute } from "./compute.ts";
import { openDoor } from "./door.ts";
import { fixedRegistry } from "./fixed-registry.ts";
import type { NodeParts } from "./lifecycle.ts";
import { nonceCleaner } from "./nonce-cleaner.ts";
import { RehearsalListener } from "./rehearsal-listener.ts";
import { backendStatus, hostPort, registryStatus } from "./status.ts";
import { keepMs, openStores } from "./stores.ts";
import { knowledgeOf } from "./workers/copied-registry.ts";
import { answerWorker } from "./workers/remote-challenges.ts";
import type { WorkerGroup } from "./workers/worker-group.ts";

export interface NodeOptions {
  readonly home: string;
  readonly config: Config;
  /** undefined: no model_backend.yaml. */
  readonly models: ModelsConfig | undefined;
  readonly signer: Signer;
  readonly version: string;
  /** What starts the compute process: this program and its arguments. */
  readonly computeCommand: readonly string[];
  /** Processes that serve callers; undefined: this one does. */
  readonly workers: WorkerGroup | undefined;
  /** The configuration's files, by path, as they were read. */
  readonly files: Readonly<Record<string, string | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Lets a process that runs the program as it lies on the disk now take over from this one. */
  readonly restart: () => Promise<{ pid: number; version: string }>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A node that has just started has callers waiting; the engines would take the processor from them. */
const WARM_UP_MS = 1000;
/** With the process's id: one that is about to take over has a file of its own. */
const ROWS_FILE = "fxn.shared";
const NO_MODELS: ModelsConfig = { models: [], catchAll: false };
/** In a rehearsal there are no gateways: the scheduler may call all routes. */
const NOBODY = fixedRegistry("nobody", []);

/** Opens the database; nothing listens or works until the parts are run. Throws StoreError. */
export function composeNode(options: NodeOptions): NodeParts {
  const {
    home,
    config,
    models = NO_MODELS,
    files,
    signer,
    version,
    workers,
    computeCommand,
    env,
    clock,
    log,
  } = options;
  if (config.registry.bypassAuth) {
    log.warn({ setting: "registry.bypassAuth" }, "EVERY CALLER IS LET IN UNSIGNED: development only");
  }
  const register = new Registry();
  const fetch = createFetch(clock);
  const shared = sharedRows(home, workers?.count ?? 1, clock);
  const stores = openStores({ config, home, rows: shared.rows, process: 0, clock, log });
  const db = openDatabase(home, stores.former);
  const importer = new LedgerImporter({ home, db, alive: isAlive, clock, log });
  const startedAt = clock.monotonic();
  let cancelWarmUp = () => {};
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
  const door = openDoor({
    config,
    models,
    version,
    callers: { gateway: registries.gateways, scheduler: registries.schedulers },
    watchCallers: (signal) => registries.run(signal),
    stores,
    challenges,
    register,
    rows: shared.rows,
    home,
    env,
    clock,
    log,
  });
  const { inference, readiness } = door;
  if (workers) registries.gateways.onRead(() => workers.tellGateways());
  const status = (): NodeStatus => ({
    schema: 1,
    version,
    address: signer.checksumAddress,
    uptimeSeconds: Math.floor((clock.monotonic() - startedAt) / 1000),
    ...readiness(),
    listen: hostPort(config.node.listenAddress, ports.publicPort),
    admin: hostPort(config.admin.listen.host, ports.adminPort),
    workers: workers?.alive.map(({ pid }) => pid) ?? [process.pid],
    models: inference.models().map(({ id }) => id),
    backends: inference.health().backends.map(backendStatus),
    waiting: inference.health().waiting,
    registries: Object.fromEntries(
      Object.entries(registries.states()).map(([name, state]) => [name, registryStatus(state)]),
    ),
    engines: compute.engines(),
    provider: registries.providers.standing() ?? null,
  });
  nodeMetrics(register, version, () => readiness().ready, workers && (() => workers.replaced));
  if (config.store.url !== undefined) storeMetrics(register, () => stores.trouble().length === 0);
  const metrics = async () => ({
    type: register.contentType,
    text: workers
      ? await merged([await register.getMetricsAsJSON(), ...(await workers.metrics())])
      : await register.metrics(),
  });
  const rehearsal = new RehearsalListener({
    appFor: (scheduler) => door.appFor({ gateway: NOBODY, scheduler }),
    clock,
    log,
  });

  return {
    version,
    listeners: workers?.count ?? 1,
    async listen(former) {
      const { listenAddress: host, listenPort } = config.node;
      const port = listenPort || (former?.publicPort ?? 0);
      const at = { host, port, shared: former?.publicPort === port };
      if (!workers) return listenAlone(at, door.app, clock);
      return workers.listen(at, {
        start: { home, version, files, logLevel: log.level(), rows: shared.file },
        elapsed: () => shared.rows.elapsed(),
        gateways: () => knowledgeOf(registries.gateways),
        forget: (number) => shared.rows.forget(number),
      });
    },
    adminApp: createAdminApp({
      metrics,
      status,
      readiness,
      allowedHosts: [...config.admin.allowedHosts, config.admin.listen.host],
    }),
    controlApp: createControlApp({
      status,
      readiness,
      setLogLevel(level) {
        log.setLevel(level);
        workers?.setLogLevel(level);
      },
      rehearsal,
      restart: options.restart,
      challenge: (body, signal) => answerWorker(challenges, body, signal),
    }),
    adminAt: config.admin.listen,
    readiness,
    keepMs: keepMs(config),
    background: [
      ...door.networks.map(({ id, session }) => ({ name: id, run: (signal: AbortSignal) => session.run(signal) })),
      { name: "model servers", run: (signal) => inference.run(signal) },
      { name: "GPU probe", run: (signal) => gpus.run(signal) },
    ],
    upkeep: [
      { name: "ledger", run: (signal) => importer.run(signal) },
      { name: "nonces", run: nonceCleaner(stores.replay, config.nonceCache.cleanupInterval, clock, log) },
    ],
    onListening: (bound) => {
      ports = bound;
      cancelWarmUp = clock.after(WARM_UP_MS, compute.warmUp);
    },
    onAlone() {
      if (workers) workers.tellAlone();
      else steerNoMore(ports.publicPort);
    },
    startDraining: door.drain,
    close: () => {
      void rehearsal.close();
      cancelWarmUp();
      compute.stop();
      door.close();
      stores.close();
      db.close();
      rmSync(shared.file.path, { force: true });
    },
    deadlineMs: config.shutdown.deadline,
    restartDeadlineMs: config.shutdown.restartDeadline,
    clock,
    log,
  };
}

/** On Linux a port that another process may join later, for a restart: so nobody else may have it now. */
async function listenAlone(at: ListenAt, handle: Handler, clock: Clock): Promise<PublicListener> {
  const sharable = process.platform === "linux";
  if (sharable && !at.shared) await refuseTakenPort(at, clock);
  return listen({ ...at, shared: sharable }, handle, clock);
}

/** With workers in a file that they share, of which nothing outlives the node. */
function sharedRows(home: string, workers: number, clock: Clock) {
  const file = { path: join(home, `${ROWS_FILE}.${process.pid}`), processes: 1 + workers };
  removeLeftRows(home);
  if (workers === 1) return { file, rows: ownRows(clock) };
  createRowsFile(file.path, file.processes);
  return { file, rows: new MappedRows({ ...file, process: 0, clock, elapsedMs: 0 }) };
}

/** Of nodes that have ended. */
function removeLeftRows(home: string): void {
  for (const name of readdirSync(home)) {
    const [left, pid] = /^fxn\.shared(?:\.(\d+))?$/.exec(name) ?? [];
    if (left && !(pid && isAlive(Number(pid)))) rmSync(join(home, left), { force: true });
  }
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
