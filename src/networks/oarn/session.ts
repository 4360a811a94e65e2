// One run of the node in OARN: finds its chain and registries, looks for tasks, works on them, and watches what comes of it.
import { messageOf } from "../../core/errors.ts";
import type { OwnSession } from "../../core/network.ts";
import type { Ipfs } from "../../ipfs/ipfs.ts";
import { clean } from "../../lib/clean.ts";
import type { JobKind, Jobs } from "../jobs/job.ts";
import type { ChainPorts } from "../ports.ts";
import { oarnChecks } from "./checks.ts";
import type { Compute } from "./compute/compute.ts";
import type { Discovered } from "./discovery/discover.ts";
import { Seeker } from "./discovery/seeker.ts";
import { OarnError } from "./errors.ts";
import type { OarnFacts } from "./job/facts.ts";
import { workCost } from "./job/intents.ts";
import { oarnKind } from "./job/kind.ts";
import type { StepPorts } from "./job/ports.ts";
import { reasonOfPrice } from "./job/price.ts";
import { LONGEST_DISPUTE_MS } from "./job/settle.ts";
import type { TaskAnnouncement } from "./p2p/announcement.ts";
import type { Peers } from "./peers.ts";
import { parseRequirements } from "./requirements.ts";
import type { OarnSettings } from "./settings.ts";
import { healthOf, type Shown, statusLines } from "./status-lines.ts";
import { runAnnouncer } from "./tasks/announcer.ts";
import { openContent } from "./tasks/content.ts";
import { Finder } from "./tasks/finder.ts";
import { hindranceOf } from "./tasks/hindrance.ts";
import { Hints } from "./tasks/hints.ts";
import { reasonAgainst } from "./tasks/judge.ts";
import { oneLargeAtATime } from "./tasks/one-large.ts";
import { CLAIMED, Orders, TO_ANNOUNCE } from "./tasks/orders.ts";
import { prepare } from "./tasks/prepare.ts";
import { type Skip, Skips } from "./tasks/skips.ts";
import { limitsOf, termsOf } from "./terms.ts";

/** What other rooms and folders bring. */
export interface OarnParts {
  readonly ipfs: Ipfs;
  /** undefined: no model files are run. */
  readonly compute: Compute | undefined;
  jobs(kind: JobKind<OarnFacts>): Jobs<OarnFacts>;
  /** The network of nodes: runs beside the rest; its failure ends nothing. */
  readonly peers: Pick<Peers, "run" | "announce" | "lines"> | undefined;
}

export interface OarnSession extends OwnSession {
  /** Why tasks were passed over, the latest first. */
  skips(): readonly Skip[];
  readonly hints: Hints;
}

/** Claimed, and a submission is still to be paid. */
const UNDELIVERED: readonly string[] = ["input", "run", "output", "submit"];
/** Whoever has made a task waits for nodes. */
const ANNOUNCE_MS = 5000;

export function openSession(settings: OarnSettings, ports: ChainPorts, parts: OarnParts): OarnSession {
  const { clock, log, metrics, random, budget } = ports;
  const { compute: wanted, storage, blockchain } = settings;
  let world: Discovered | undefined;
  const seeker = new Seeker(settings, ports);
  const found = (): Discovered => {
    if (world) return world;
    throw new OarnError("oarn_not_found", 503, seeker.problem ?? "the registries are not known yet");
  };
  let modelTrouble: string | undefined = "not tried yet";
  const compute = () => (modelTrouble === undefined ? parts.compute : undefined);
  const terms = () => termsOf(settings, compute(), ports);
  const skips = new Skips(clock);
  const hints: Hints = new Hints(ports.state, (hash) => {
    if (hash !== undefined) skips.wake(hash);
    finder.wake();
  });
  const content = openContent(settings, parts.ipfs, hints, clock);
  const looking = openContent(settings, oneLargeAtATime(parts.ipfs), hints, clock);
  const price: Pick<StepPorts, "cost" | "minReward"> = {
    minReward: wanted.minReward,
    cost(registry, id, requiredNodes) {
      const ahead = jobs.records().filter(({ step }) => UNDELIVERED.includes(step)).length;
      return workCost(found().chain, registry, { id, requiredNodes }, ahead);
    },
  };
  const kind = oarnKind(
    {
      world: found,
      content,
      ipfs: parts.ipfs,
      answer: { text: ports.text, compute: parts.compute, limits: limitsOf(settings) },
      against: (_registry, task, now, held) =>
        reasonAgainst(task, parseRequirements(task.requirements), terms(), now, held),
      state: ports.state,
      earnings: ports.earnings,
      clock,
      log,
      version: ports.version,
      settleMs: blockchain.settleInterval,
      patienceMs: wanted.maxDeadline + LONGEST_DISPUTE_MS,
      ...price,
    },
    { taskMs: wanted.taskTimeout, fetchMs: storage.fetchTimeout },
  );
  const jobs = parts.jobs(kind);
  const finder: Finder = new Finder(
    {
      world: found,
      hindrance: (signal) => hindranceOf(settings, parts.ipfs, found().chain, signal),
      async prepare(candidate, signal) {
        const facts = await prepare(candidate, { content: looking, terms }, signal);
        if ("reason" in facts || candidate.held) return facts;
        // Gas changes: a task that does not pay now is looked at again, which one that was declined is not.
        const against = await reasonOfPrice(candidate.task, candidate.registry, price);
        return against === undefined ? facts : { reason: against };
      },
      offer: (id, facts, anew) => jobs.offer(id, facts, anew),
      orders: new Orders(ports.state, CLAIMED),
      known() {
        const taken = jobs.records().filter(({ outcome }) => outcome !== "declined");
        return new Map(taken.map(({ id, step }) => [id, step === "ended"]));
      },
      places: () => Math.min(jobs.places, budget.admission().places),
      skips,
      clock,
      log,
      metrics,
      random: () => random(),
    },
    blockchain.pollInterval,
  );

  /** Before a task is promised that only a sandbox could run. */
  async function tryModels(): Promise<void> {
    if (!parts.compute || wanted.frameworks.length === 0) return;
    try {
      await parts.compute.check();
      modelTrouble = undefined;
    } catch (error) {
      modelTrouble = clean(messageOf(error), 300);
      log.warn({ network: "oarn", error: modelTrouble }, "model files are not run; text tasks are");
    }
  }

  const announcer = (peers: Pick<Peers, "announce">) => ({
    world: found,
    announce: (task: TaskAnnouncement) => peers.announce(task),
    orders: new Orders(ports.state, TO_ANNOUNCE),
    clock,
    log,
  });

  async function run(signal: AbortSignal): Promise<void> {
    const broken = new AbortController();
    const until = AbortSignal.any([signal, broken.signal]);
    try {
      await tryModels();
      world = await seeker.untilFound(until);
      const there = world;
      if (!there) return;
      const { peers } = parts;
      await Promise.all([
        jobs.run(until),
        finder.run(until),
        peers && runAnnouncer(announcer(peers), Math.min(blockchain.pollInterval, ANNOUNCE_MS), until),
        peers?.run(there.bootstrap, hints, until).catch((error: unknown) => {
          // It carries hints only.
          log.warn({ network: "oarn", error: clean(messageOf(error)) }, "the network of nodes is not joined");
        }),
      ]);
    } finally {
      broken.abort();
    }
  }

  const shown: Shown = {
    settings,
    ports,
    jobs,
    finder,
    skips,
    world: () => world,
    problem: () => seeker.problem,
    modelTrouble: () => modelTrouble,
    peers: parts.peers,
  };

  return {
    listen: undefined,
    routes: () => [],
    run,
    drain: (signal) => jobs.drain(signal),
    health: () => healthOf(shown),
    status: () => statusLines(shown),
    checks: () => oarnChecks(settings, ports, parts, seeker),
    skips: () => skips.list(),
    hints,
  };
}
