// Builds the whole graph of a node, and is the only place that does: rooms of one floor meet here.

import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ModelsConfig } from "../config/models-schema.ts";
import type { Config } from "../config/schema.ts";
import type { Clock } from "../core/clock.ts";
import { FxnError } from "../core/errors.ts";
import type { Registry as CallerRegistry } from "../core/registry.ts";
import type { NodeStatus } from "../core/status.ts";
import { GpuProbe } from "../gpu/devices.ts";
import { askSources } from "../gpu/facts/ask.ts";
import { localMachine } from "../gpu/facts/local-machine.ts";
import type { Signer } from "../keys/signer.ts";
import { HeardClock } from "../lib/clock-skew.ts";
import { createFetch } from "../lib/fetch.ts";
import { isAlive } from "../lib/is-alive.ts";
import { createRowsFile, MappedRows, ownRows } from "../lib/shared-rows.ts";
import { steerNoMore } from "../lib/steer-connections.ts";
import type { OwnConfig } from "../networks/config.ts";
import type { ModelProgram } from "../networks/ports.ts";
import type { Logger } from "../observe/logger.ts";
import { chainMetrics } from "../observe/metrics/chain.ts";
import { gpuMetrics } from "../observe/metrics/gpu.ts";
import { homeMetrics } from "../observe/metrics/home.ts";
import { earningsMetrics, sessionMetrics } from "../observe/metrics/network.ts";
import { merged, nodeMetrics, Registry } from "../observe/metrics/node.ts";
import { storeMetrics } from "../observe/metrics/store.ts";
import { updateMetrics } from "../observe/metrics/update.ts";
import { createAdminApp } from "../server/admin-app.ts";
import { createControlApp } from "../server/control-app.ts";
import { type Handler, type ListenAt, listen, type PublicListener, refuseTakenPort } from "../server/listen.ts";
import { openDatabase } from "../store/database.ts";
import { earningTotals, SqliteEarnings } from "../store/earnings.ts";
import { LedgerImporter } from "../store/ledger/importer.ts";
import { networkState } from "../store/network-state.ts";
import { SqliteSnapshots } from "../store/snapshots.ts";
import { transactionsIn } from "../store/transactions.ts";
import { type ReleaseSource, ReleaseWatch } from "../update/watch.ts";
import { ChainClients } from "./chain-clients.ts";
import { runInNode } from "./checks/in-node.ts";
import { openDoor } from "./door.ts";
import { fixedRegistry } from "./fixed-registry.ts";
import { openFunctionParts } from "./function-parts.ts";
import { homeFacts } from "./home-facts.ts";
import type { NodeParts } from "./lifecycle.ts";
import { nonceCleaner } from "./nonce-cleaner.ts";
import { type NetworkKey, openOwnNetworks } from "./own-networks.ts";
import { ownUse } from "./own-use.ts";
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
  /** The key of the Function Network; undefined: that network is off. */
  readonly signer: Signer | undefined;
  /** The networks of their own accord that are on, and the keys that sign for them by the network's id. */
  readonly networks: readonly OwnConfig[];
  readonly keys: ReadonlyMap<string, () => NetworkKey>;
  readonly version: string;
  /** Where releases lie and who signs them, as far as this program was told. */
  readonly releases: ReleaseSource;
  /** What starts the compute process: this program and its arguments. */
  readonly computeCommand: readonly string[];
  /** The same as the process of a network's model, and what of the disk that needs. */
  readonly modelProgram: Pick<ModelProgram, "command" | "readable">;
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
  const { home, config, models = NO_MODELS, files, signer, version, workers, clock, log } = options;
  if (config.registry.bypassAuth) {
    log.warn({ setting: "registry.bypassAuth" }, "EVERY CALLER IS LET IN UNSIGNED: development only");
  }
  const register = new Registry();
  const fetch = createFetch(clock);
  const heard = new HeardClock(clock);
  const rpcFetch = heard.listening(fetch);
  const shared = sharedRows(home, workers?.count ?? 1, clock);
  const stores = openStores({ config, home, rows: shared.rows, process: 0, clock, log });
  const db = openDatabase(home, stores.former);
  const importer = new LedgerImporter({ home, db, alive: isAlive, clock, log });
  const startedAt = clock.monotonic();
  let cancelWarmUp = () => {};
  let ports = { publicPort: config.node.listenPort, adminPort: config.admin.listen.port };

  const machine = localMachine(clock);
  const gpus = new GpuProbe({ clock, log, read: () => askSources(machine), onRead: (read) => ownUseOf?.(read) });
  gpuMetrics(register, () => gpus.latest());
  const served =
    signer &&
    openFunctionParts({
      ...{ ...options, signer, register, fetch: rpcFetch },
      snapshots: new SqliteSnapshots(db),
      gpus: () => gpus.current(),
    });
  const door = openDoor({
    config,
    models,
    version,
    callers: { gateway: served?.registries.gateways ?? NOBODY, scheduler: served?.registries.schedulers ?? NOBODY },
    watchCallers: async (signal) => served?.registries.run(signal),
    stores,
    challenges: served?.challenges,
    otherReasons: () => (served ? [] : own.flatMap((network) => network.health().reasons)),
    register,
    heard,
    rows: shared.rows,
    home,
    env: options.env,
    clock,
    log,
  });
  const { inference, readiness } = door;
  const earnings = new SqliteEarnings(db);
  const transactions = transactionsIn(db, clock);
  const metricsOfChain = chainMetrics(register);
  const chains = new ChainClients({ transactions, earnings, fetch: rpcFetch, metrics: metricsOfChain, clock, log });
  const ownUseOf = door.budget && ownUse(config.ownUse, door.budget);
  const own = openOwnNetworks({
    ...{ networks: options.networks, keys: options.keys },
    ...{ config, home, version, inference, fetch, register, clock, log },
    budget: door.budget,
    schnorr: door.signatures.schnorr,
    replay: stores.replay,
    stateOf: (network) => networkState(db, network, clock),
    earnings,
    modelProgram: { ...options.modelProgram, env: options.env, platform: process.platform },
    chainOf: (network, account, use) => chains.of(network, account, use),
    gpus: () => gpus.latest(),
  });
  if (workers) served?.registries.gateways.onRead(() => workers.tellGateways());
  const status = (): NodeStatus => ({
    schema: 1,
    version,
    address: signer?.checksumAddress ?? null,
    uptimeSeconds: Math.floor((clock.monotonic() - startedAt) / 1000),
    ...readiness(),
    listen: hostPort(config.node.listenAddress, ports.publicPort),
    admin: hostPort(config.admin.listen.host, ports.adminPort),
    workers: workers?.alive.map(({ pid }) => pid) ?? [process.pid],
    models: inference.models().map(({ id }) => id),
    backends: inference.health().backends.map(backendStatus),
    waiting: inference.health().waiting,
    registries: Object.fromEntries(
      Object.entries(served?.registries.states() ?? {}).map(([name, state]) => [name, registryStatus(state)]),
    ),
    engines: served?.compute.engines() ?? [],
    provider: served?.registries.providers.standing() ?? null,
    networks: own.map((network) => network.status()),
  });
  nodeMetrics(register, version, () => readiness().ready, workers && (() => workers.replaced));
  sessionMetrics(register, () => ({
    ...Object.fromEntries(door.networks.map(({ id, session }) => [id, session.health().ready])),
    ...Object.fromEntries(own.map(({ id, runs }) => [id, runs])),
  }));
  earningsMetrics(register, () => earningTotals(db));
  homeMetrics(register, homeFacts(home));
  const releases = new ReleaseWatch({ ...releaseSource(config, options.releases), version, fetch, clock, log });
  updateMetrics(register, () => releases.available);
  if (config.store.url !== undefined) storeMetrics(register, () => stores.trouble().length === 0);
  const metrics = async () => ({
    type: register.contentType,
    text: workers
      ? await merged([await register.getMetricsAsJSON(), ...(await workers.metrics())])
      : await register.metrics(),
  });
  const rehearsals = {
    appFor: (scheduler: CallerRegistry<unknown>) => door.appFor({ gateway: NOBODY, scheduler }),
    ...{ clock, log },
  };
  const rehearsal = new RehearsalListener(rehearsals);

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
        gateways: () => (served ? knowledgeOf(served.registries.gateways) : { addresses: [] }),
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
      checks: (signal) => runInNode({ inference, networks: own, rehearsal: served && rehearsals, clock }, signal),
      restart: options.restart,
      challenge: (body, signal) => (served ? answerWorker(served.challenges, body, signal) : functionIsOff()),
    }),
    adminAt: config.admin.listen,
    readiness,
    keepMs: keepMs(config),
    background: [
      ...door.networks.map(({ id, session }) => ({ name: id, run: (signal: AbortSignal) => session.run(signal) })),
      { name: "model servers", run: (signal) => inference.run(signal) },
      { name: "GPU probe", run: (signal) => gpus.run(signal) },
      { name: "newer releases", run: (signal) => releases.run(signal) },
    ],
    networks: own.map((network) => ({ name: network.id, run: (signal: AbortSignal) => network.run(signal) })),
    upkeep: [
      { name: "ledger", run: (signal) => importer.run(signal) },
      { name: "transactions", run: (signal) => chains.run(signal) },
      { name: "nonces", run: nonceCleaner(stores.replay, config.nonceCache.cleanupInterval, clock, log) },
    ],
    onListening: (bound) => {
      ports = bound;
      if (served) cancelWarmUp = clock.after(WARM_UP_MS, served.compute.warmUp);
    },
    onAlone() {
      if (workers) workers.tellAlone();
      else steerNoMore(ports.publicPort);
    },
    startDraining: door.drain,
    close: () => {
      void rehearsal.close();
      cancelWarmUp();
      served?.compute.stop();
      chains.close();
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

function releaseSource({ update }: Config, { from, publicKey }: ReleaseSource) {
  return { interval: update.checkInterval, from: update.from ?? from, publicKey: update.publicKey ?? publicKey };
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

async function functionIsOff(): Promise<Response> {
  throw new FxnError("network_off", 404, "the Function Network is off: nobody challenges this node");
}
