// Builds the whole graph of a node, and is the only place that does: rooms of one floor meet here.

import { rmSync } from "node:fs";
import type { ModelsConfig } from "../config/models-schema.ts";
import type { Config } from "../config/schema.ts";
import type { GpuStats } from "../core/gpu.ts";
import type { Registry as CallerRegistry } from "../core/registry.ts";
import { GpuProbe } from "../gpu/devices.ts";
import { askSources } from "../gpu/facts/ask.ts";
import { localMachine } from "../gpu/facts/local-machine.ts";
import { HeardClock } from "../lib/clock-skew.ts";
import { createFetch } from "../lib/fetch.ts";
import { isAlive } from "../lib/is-alive.ts";
import type { LogLevel } from "../observe/logger.ts";
import { chainMetrics } from "../observe/metrics/chain.ts";
import { gpuMetrics } from "../observe/metrics/gpu.ts";
import { Registry } from "../observe/metrics/node.ts";
import { reloadMetrics } from "../observe/metrics/reload.ts";
import { AdminAccess } from "../server/admin-access.ts";
import { createAdminApp } from "../server/admin-app.ts";
import { createControlApp } from "../server/control-app.ts";
import { openDatabase } from "../store/database.ts";
import { earningTotals, SqliteEarnings, sumEarnings } from "../store/earnings.ts";
import { LedgerImporter } from "../store/ledger/importer.ts";
import { newestInLedger } from "../store/ledger/newest.ts";
import { networkState } from "../store/network-state.ts";
import { SqliteSnapshots } from "../store/snapshots.ts";
import { transactionsIn } from "../store/transactions.ts";
import { openActivity } from "./activity/activity.ts";
import { LastChallenges } from "./activity/last-challenges.ts";
import { adminToken } from "./admin-token.ts";
import { Alerts } from "./alerts/alerts.ts";
import { alertSources } from "./alerts/sources.ts";
import { openCertificate } from "./certificate.ts";
import { ChainClients } from "./chain-clients.ts";
import { runInNode } from "./checks/in-node.ts";
import { dashboardUrl } from "./dashboard-url.ts";
import { openDoor } from "./door.ts";
import { openReleases } from "./fact-metrics.ts";
import { fixedRegistry } from "./fixed-registry.ts";
import { functionIsOff, openFunctionParts } from "./function-parts.ts";
import { listenAlone } from "./listen-alone.ts";
import { openMetrics } from "./metrics.ts";
import type { NodeOptions } from "./node-options.ts";
import type { NodeParts } from "./node-parts.ts";
import { type NodePhase, nodeStatus } from "./node-status.ts";
import { openNonceCleaner } from "./nonce-cleaner.ts";
import { OwnNetworks } from "./own-networks.ts";
import { ownUse } from "./own-use.ts";
import { RehearsalListener } from "./rehearsal-listener.ts";
import { type Configured, notNow } from "./reload/part.ts";
import { readConfig } from "./reload/read.ts";
import { Reload } from "./reload/reload.ts";
import { settingsPart, warnOfBypass } from "./reload/settings-part.ts";
import { openSeen } from "./seen.ts";
import { openSharedRows } from "./shared-rows-file.ts";
import { keepMs, openStores } from "./stores.ts";
import { knowledgeOf } from "./workers/copied-registry.ts";
import { answerWorker } from "./workers/remote-challenges.ts";

/** A node that has just started has callers waiting; the engines would take the processor from them. */
const WARM_UP_MS = 1000;
const NO_MODELS: ModelsConfig = { models: [], catchAll: false };
/** In a rehearsal there are no gateways: the scheduler may call all routes. */
const NOBODY = fixedRegistry("nobody", []);

/** Opens the database; nothing listens or works until the parts are run. Throws StoreError. */
export function composeNode(options: NodeOptions): NodeParts {
  const { home, config, models = NO_MODELS, files, signer, version, workers, clock, log } = options;
  warnOfBypass(config, log);
  const register = new Registry();
  const live = { config };
  const certificate = openCertificate({ config, home, register, clock, log });
  const admin = adminToken(home, config.admin);
  admin.keep();
  const access = new AdminAccess(admin.token, clock);
  const fetch = createFetch(clock);
  const releases = openReleases(options, fetch);
  const heard = new HeardClock(clock);
  const rpcFetch = heard.listening(fetch);
  const shared = openSharedRows(home, workers?.count ?? 1, clock);
  const stores = openStores({ config, home, rows: shared.rows, process: 0, clock, log });
  const db = openDatabase(home, stores.former);
  const importer = new LedgerImporter({ home, db, alive: isAlive, clock, log });
  const startedAt = clock.monotonic();
  let cancelWarmUp = () => {};
  let ports = { publicPort: config.node.listenPort, adminPort: config.admin.listen.port };

  const machine = localMachine(clock);
  const gpus = new GpuProbe({ clock, log, read: () => askSources(machine), onRead: gpusRead });
  gpuMetrics(register, () => gpus.latest());
  const lately = openActivity({
    ledger: config.store.url === undefined ? (count) => newestInLedger(db, home, count) : undefined,
    earnings: (since) => sumEarnings(db, ["network", "day"], since),
    ...{ register, workers, clock, log },
    status: () => status(),
    gpus: () => gpus.latest(),
  });
  const served =
    signer &&
    openFunctionParts({
      ...{ ...options, live, signer, register, fetch: rpcFetch },
      onChallenge: (ended) => {
        lately.onChallenge(ended);
        seen.challengeEnded(ended);
      },
      snapshots: new SqliteSnapshots(db),
      gpus: () => gpus.current(),
    });
  const challenges = served?.challenges;
  const seen = openSeen({
    ...{ lately: lately.lately, workers },
    last: served && new LastChallenges({ state: networkState(db, "challenges", clock), clock, log }),
    releases: () => releases.now.available,
    reload: () => reload.state,
    happened: (condition) => alerts.happened(condition),
  });
  const { gateways: gateway = NOBODY, schedulers: scheduler = NOBODY } = served?.registries ?? {};
  const door = openDoor({
    ...{ live, models, version, challenges, stores, home, register, heard, clock, log },
    callers: () => ({ gateway, scheduler }),
    watchCallers: async (signal) => served?.registries.run(signal),
    rehearsed: challenges && { answer: (body, signal) => challenges.answer(body, signal, "rehearsal") },
    otherReasons: () => (served ? [] : own.all().flatMap((network) => network.health().reasons)),
    rows: shared.rows,
    env: options.env,
  });
  const { inference, readiness } = door;
  const earnings = new SqliteEarnings(db, clock);
  const transactions = transactionsIn(db, clock);
  const metricsOfChain = chainMetrics(register);
  const chains = new ChainClients({ transactions, earnings, fetch: rpcFetch, metrics: metricsOfChain, clock, log });
  const own = new OwnNetworks({
    ...{ networks: options.networks, keys: options.keys, openKey: options.openKey },
    ...{ config, home, version, inference, fetch, register, clock, log },
    budget: door.budget,
    schnorr: door.signatures.schnorr,
    replay: stores.replay,
    stateOf: (network) => networkState(db, network, clock),
    earnings,
    modelProgram: { ...options.modelProgram, env: options.env, platform: process.platform },
    chains,
    tracer: () => door.traces.tracer,
    gpus: () => gpus.latest(),
  });
  if (workers) served?.registries.onGateways(() => workers.tellGateways());
  const status = () =>
    nodeStatus({
      ...{ phase, version, signer, readiness, inference, own, workers, config, ports, clock },
      ...{ startedAt, functionParts: served, configuration: reload.state, update: releases.now.available },
      alerts: alerts.status(),
    });
  const networks = () => own.all();
  const alerts = new Alerts(config.alerts, {
    sources: alertSources({ home, version, env: options.env, inference, networks, seen, status, clock }),
    state: networkState(db, "alerts", clock),
    ...{ register, fetch, version, clock, log },
  });
  const nonces = openNonceCleaner(config, stores.replay, clock, log);
  const metrics = openMetrics({
    ...{ register, version, readiness, workers, door, own, home, stores, config, releases },
    earnings: () => earningTotals(db),
  });
  const rehearsals = {
    appFor: (scheduler: CallerRegistry<unknown>) => door.appFor({ gateway: NOBODY, scheduler }),
    ...{ clock, log },
  };
  const rehearsal = new RehearsalListener(rehearsals);

  const adminAppFor = ({ admin }: Config) =>
    createAdminApp({
      metrics,
      status,
      activity: lately.answer,
      readiness,
      allowedHosts: [...admin.allowedHosts, admin.listen.host],
      access,
    });
  let adminApp = adminAppFor(config);
  let phase: NodePhase = "starting";
  const setLogLevel = (level: LogLevel) => {
    log.setLevel(level);
    workers?.setLogLevel(level);
  };
  const reload = new Reload({
    begun: { config, models, networks: options.networks, files },
    read: () => readConfig(home, options.env),
    parts: [
      settingsPart({
        ...{ home, live, access, setLogLevel, log },
        begun: { config, processes: workers?.count ?? 1 },
        onChange: (next) => {
          adminApp = adminAppFor(next);
        },
      }),
      ...[door, own, alerts, releases, nonces, ...(served ? [served] : [])],
      ...(workers ? [{ prepare: ({ files }: Configured) => workers.prepare(files) }] : []),
    ],
    refuse() {
      if (phase !== "serving") throw notNow("this node is starting or stopping");
      if (options.restart.busy) throw notNow("another process is taking over");
    },
    underWay: () => inference.health().backends.reduce((sum, { inflight }) => sum + inflight, 0),
    onBusy: options.onReload,
    clock,
    log,
  });
  reloadMetrics(register, () => reload.state);
  function gpusRead(gpus: readonly GpuStats[]): void {
    const budget = door.budget();
    if (budget) ownUse(live.config.ownUse, budget)(gpus);
  }

  return {
    version,
    listeners: workers?.count ?? 1,
    async listen(former) {
      const { listenAddress: host, listenPort } = config.node;
      const port = listenPort || (former?.publicPort ?? 0);
      const at = { host, port, tls: certificate?.texts, shared: former?.publicPort === port };
      if (!workers) return listenAlone(at, door.app, certificate, clock);
      certificate?.renewBy((tls) => workers.renewTls(tls));
      return workers.listen(at, {
        start: { tls: certificate?.texts, home, version, files, logLevel: log.level(), rows: shared.file },
        elapsed: () => shared.rows.elapsed(),
        gateways: () => (served ? knowledgeOf(served.registries.gateways) : { addresses: [] }),
        forget: (number) => shared.rows.forget(number),
      });
    },
    adminApp: (request, connections) => adminApp(request, connections),
    controlApp: createControlApp({
      status,
      activity: lately.answer,
      readiness,
      setLogLevel,
      dashboard: () => ({ url: dashboardUrl(config.admin.listen.host, ports.adminPort, access.newLink()) }),
      rehearsal,
      checks: (signal) =>
        runInNode({ inference, networks: own.all(), rehearsal: served && rehearsals, seen, clock }, signal),
      restart: async () => {
        if (reload.busy) throw notNow("the configuration is being reloaded");
        return options.restart.now();
      },
      reload: (how) => reload.now(how),
      differences: () => reload.differences(),
      drain: options.drain,
      challenge: (body, signal) => (challenges ? answerWorker(challenges, body, signal) : functionIsOff()),
    }),
    adminAt: config.admin.listen,
    readiness,
    reload: () => reload.now({ dryRun: false }),
    keepMs: keepMs(config),
    background: [
      ...door.networks.map(({ id, session }) => ({ name: id, run: (signal: AbortSignal) => session.run(signal) })),
      { name: "model servers", run: (signal) => inference.run(signal) },
      { name: "traces", run: (signal) => door.traces.run(signal) },
      { name: "GPU probe", run: (signal) => gpus.run(signal) },
      { name: "newer releases", run: (signal) => releases.run(signal) },
      { name: "certificate", run: async (signal) => certificate?.run(signal) },
      lately.work,
    ],
    networks: [{ name: "networks", run: (signal) => own.run(signal) }],
    upkeep: [
      { name: "ledger", run: (signal) => importer.run(signal) },
      { name: "transactions", run: (signal) => chains.run(signal) },
      { name: "alerts", run: (signal) => alerts.run(signal) },
      { name: "nonces", run: (signal) => nonces.run(signal) },
    ],
    onListening: (bound) => {
      ports = bound;
      phase = "serving";
      if (served) cancelWarmUp = clock.after(WARM_UP_MS, served.compute.warmUp);
    },
    startDraining() {
      phase = "stopping";
      alerts.rest();
      door.drain();
    },
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
    get deadlineMs() {
      return live.config.shutdown.deadline;
    },
    get restartDeadlineMs() {
      return live.config.shutdown.restartDeadline;
    },
    clock,
    log,
  };
}
