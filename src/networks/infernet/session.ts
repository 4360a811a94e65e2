// One run of the node in Infernet: it is there, works on jobs, obeys its owner, and leaves in good order.

import { sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Health, OwnSession, StatusLine } from "../../core/network.ts";
import { aborted } from "../../lib/abort.ts";
import type { LineServer } from "../../lib/line-server.ts";
import type { NetworkPorts } from "../ports.ts";
import { Bench } from "./bench.ts";
import { planeChecks } from "./checks.ts";
import { runCommands } from "./commands.ts";
import { ControlPlane } from "./control-plane.ts";
import { JobBook } from "./job-book.ts";
import { JobPool } from "./job-pool.ts";
import { openP2p } from "./p2p.ts";
import { Presence } from "./presence.ts";
import { commandMs, type InfernetSettings, nodeIdOf, published } from "./settings.ts";
import { servedModels, specsOf } from "./specs.ts";

/** For the last words, when the node has to end. */
const LEAVE_MS = 2000;
/** A model server that stops or comes back is told within so long. */
const CHANGE_MS = 1000;

export function openSession(settings: InfernetSettings, ports: NetworkPorts): OwnSession {
  const { clock, log, metrics, random } = ports;
  const plane = new ControlPlane(settings.url, ports);
  const name = settings.name ?? nodeIdOf(settings, ports.identity.pubkey);
  const where = published(settings);
  const retryMs = settings.intervals.pollMs / 15;
  const life = new AbortController();
  const bench = new Bench();
  let p2p: LineServer | undefined;
  let p2pProblem: string | undefined;

  const models = () => servedModels(ports.models());
  const works = () => ports.modelServers().some((server) => server.works);
  /** What the network gives work for. Work that it gave before is looked at all the same, so that its reader hears of its end. */
  const offered = () => (works() ? models() : []);
  const pool: JobPool = new JobPool(
    {
      plane,
      clock,
      log,
      metrics,
      random,
      retryMs,
      text: ports.text,
      bench,
      life: life.signal,
      book: new JobBook(ports.state, clock),
      places: () => (models().length > 0 ? ports.budget.admission().places : 0),
      registered: () => presence.lastOk !== undefined,
      terms: () => ({
        nodeId: presence.nodeId,
        name,
        defaultModel: settings.engine.model ?? models()[0],
        priceFloor: settings.priceFloor ?? 0,
        engine: settings.engine.backend ?? "openai",
      }),
    },
    {
      maxConcurrent: settings.maxConcurrent,
      timeoutMs: settings.jobTimeout,
      everyMs: settings.intervals.pollMs,
    },
  );
  const presence = new Presence(
    {
      plane,
      clock,
      log,
      metrics,
      random,
      specs: () =>
        specsOf(ports.gpus(), offered(), {
          active: pool.active,
          places: pool.places,
          now: clock.now(),
          bench: bench.spec,
        }),
      told: () => pool.wake(),
    },
    settings,
  );

  async function listen(): Promise<void> {
    if (!settings.p2p.enabled || !settings.advertise) return;
    try {
      const facts = () => ({ nodeId: presence.nodeId, name, port: where?.port ?? p2p?.port ?? settings.p2p.port });
      p2p = await openP2p(settings.p2p, facts, ports);
    } catch (error) {
      // It carries no work: the node goes on without it.
      p2pProblem = `the p2p port cannot be opened: ${messageOf(error)}`;
      log.warn({ network: "infernet", error: messageOf(error) }, "the p2p port cannot be opened");
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    await listen();
    const commands = {
      everyMs: commandMs(settings.intervals),
      retryMs,
      ollamaHost: settings.engine.ollamaHost,
      allowed: settings.commands.models,
      timeoutMs: settings.commands.timeout,
    };
    const broken = new AbortController();
    const until = AbortSignal.any([signal, broken.signal]);
    try {
      await Promise.all([
        presence.run(until),
        pool.run(until),
        runCommands({ ...ports, plane }, commands, until),
        tellChanges(until),
        aborted(until),
      ]);
    } finally {
      // Also when one of them has failed: whoever opens the next session must not find this one's work going on.
      broken.abort();
      await leave();
    }
  }

  /** The network is not to give work that would fail, until the next heartbeat. */
  async function tellChanges(signal: AbortSignal): Promise<void> {
    for (let told = works(); !signal.aborted; await sleep(clock, CHANGE_MS, signal)) {
      if (works() === told) continue;
      told = works();
      presence.wake();
    }
  }

  /** Readers are told before the network is: whoever is offline gets no more work, but may still end what it has. */
  async function leave(): Promise<void> {
    const told = new AbortController();
    await Promise.race([pool.cut().then(() => told.abort()), sleep(clock, LEAVE_MS, told.signal)]);
    life.abort();
    await presence.leave(LEAVE_MS);
    await p2p?.close();
  }

  function health(): Health {
    const cannot = models().length === 0 ? "no model is offered" : works() ? undefined : "no model server works";
    const reasons = [presence.problem, cannot];
    const said = reasons.filter((reason) => reason !== undefined);
    return { ready: said.length === 0, reasons: said };
  }

  function status(): readonly StatusLine[] {
    const last = presence.lastOk;
    const offset = Math.round(plane.clockOffsetMs / 1000);
    return [
      { name: "control plane", value: plane.host },
      { name: "node id", value: presence.nodeId },
      { name: "last heartbeat", value: last === undefined ? "none yet" : new Date(last).toISOString() },
      { name: "jobs in hand", value: `${pool.active}, ${pool.places} more may begin` },
      { name: "published", value: where ? `${hostText(where.address)}:${where.port}` : "nothing" },
      ...(p2p ? [{ name: "p2p port", value: `${p2p.port}, ${p2p.connections} connections so far` }] : []),
      ...(p2pProblem !== undefined ? [{ name: "p2p port", value: p2pProblem }] : []),
      ...(offset !== 0 ? [{ name: "clock", value: `${offset} s off the control plane's` }] : []),
    ];
  }

  return {
    listen: undefined,
    routes: () => [],
    run,
    async drain(signal) {
      const drained = pool.drain(signal);
      presence.wake();
      await drained;
    },
    health,
    status,
    checks: () => planeChecks({ plane, settings, ports, p2pProblem: () => p2pProblem }),
  };
}

function hostText(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
