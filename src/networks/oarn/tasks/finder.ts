// Looks for tasks: reads the registries at each poll, hears of changes by events, and offers what the node wants to its jobs.
import type { ChainView } from "../../../chain/chain.ts";
import { type Clock, sleep } from "../../../core/clock.ts";
import { messageOf } from "../../../core/errors.ts";
import type { Log } from "../../../core/log.ts";
import { clean } from "../../../lib/clean.ts";
import type { NetworkMetrics } from "../../../observe/metrics/network.ts";
import { shownError } from "../../jobs/shown-error.ts";
import type { OarnFacts } from "../job/facts.ts";
import { blockTime, type World } from "../job/ports.ts";
import type { TaskRegistry } from "../registry/registry.ts";
import { isOpen, type Task } from "../registry/task.ts";
import type { Orders } from "./orders.ts";
import { Pages } from "./pages.ts";
import type { Skips } from "./skips.ts";

export interface Candidate {
  readonly registry: TaskRegistry;
  readonly task: Task;
  /** Unix seconds, of the block. */
  readonly now: bigint;
  readonly block: bigint;
  /** This node has claimed it, and not delivered. */
  readonly held: boolean;
}

export interface FinderPorts {
  world(): World;
  /** undefined and a reason: not wanted, or not possible now. */
  prepare(candidate: Candidate, signal: AbortSignal): Promise<OarnFacts | { readonly reason: string }>;
  /** @param anew also what was declined before: it is claimed now */
  offer(id: string, facts: OarnFacts, anew: boolean): "taken" | "known" | "full";
  /** What was claimed by hand. */
  readonly orders: Orders;
  /** Jobs that were taken already, by id: whether they have ended. Not those that were declined. */
  known(): ReadonlyMap<string, boolean>;
  places(): number;
  readonly skips: Skips;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: NetworkMetrics;
  random(): number;
}

/** At the same time, of one registry. */
const READS = 8;
/** Tasks whose content is being fetched: one that nobody has must not keep the others waiting. */
const MOST_PREPARED = 8;

export class Finder {
  readonly #ports: FinderPorts;
  readonly #everyMs: number;
  readonly #pages = new Map<string, Pages>();
  readonly #preparing = new Map<string, Promise<void>>();
  #wake = new AbortController();
  /** Wall clock, milliseconds. */
  lastOk: number | undefined;
  /** Of the latest pass. */
  open = 0;
  problem: string | undefined;

  constructor(ports: FinderPorts, everyMs: number) {
    this.#ports = ports;
    this.#everyMs = everyMs;
  }

  /** Something was heard: look now. */
  wake(): void {
    this.#wake.abort();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, log, metrics } = this.#ports;
    let failures = 0;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      try {
        await this.pass(signal);
        failures = 0;
        metrics.call("poll", "ok");
      } catch (error) {
        if (signal.aborted) break;
        failures++;
        this.problem = clean(messageOf(error));
        metrics.call("poll", "failed");
        log.warn({ network: "oarn", error: this.problem }, "the registries could not be read");
      }
      const ms = Math.min(this.#everyMs * 2 ** failures, Math.max(this.#everyMs, 10 * 60 * 1000));
      await sleep(clock, ms * (0.9 + 0.2 * random()), AbortSignal.any([signal, this.#wake.signal]));
    }
    await Promise.all(this.#preparing.values());
  }

  /** One look at every registry; what one of them says wrongly does not keep the node from the others. */
  async pass(signal: AbortSignal): Promise<void> {
    const { registries } = this.#ports.world();
    const problems: string[] = [];
    let open = 0;
    for (const registry of registries) {
      try {
        open += await this.#look(registry, signal);
      } catch (error) {
        signal.throwIfAborted();
        problems.push(`${registry.name}: ${clean(messageOf(error))}`);
      }
    }
    this.open = open;
    if (problems.length === registries.length && problems.length > 0) throw new Error(problems.join("; "));
    this.problem = problems.length > 0 ? problems.join("; ") : undefined;
    this.lastOk = this.#ports.clock.now();
  }

  async #look(registry: TaskRegistry, signal: AbortSignal): Promise<number> {
    const pages = this.#pagesOf(registry);
    const { chain } = this.#ports.world();
    const candidates = await chain.read(async (view) => {
      if (await registry.paused(view)) return undefined;
      for (const id of await this.#changed(registry, view, pages)) this.#ports.skips.forget(registry.key(id));
      const known = this.#ports.known();
      // Wherever they stand in the registry, and however often they were skipped before.
      const byHand = this.#ports.orders.of(registry);
      const all = new Set([...byHand, ...pages.due(await registry.count(view))]);
      const wanted = [...all].filter((id) => {
        const key = registry.key(id);
        const rests = this.#ports.skips.isResting(key) && !byHand.includes(id);
        // The task of a job that has ended is read until it is over, too: else it would stay among the open ones.
        return known.get(key) !== false && !this.#preparing.has(key) && !rests;
      });
      for (const id of byHand) if (known.has(registry.key(id))) this.#ports.orders.done(registry, id);
      const now = await blockTime(view);
      const found: Candidate[] = [];
      for (let at = 0; at < wanted.length; at += READS) {
        signal.throwIfAborted();
        const read = wanted.slice(at, at + READS).map((id) => this.#candidate(registry, { view, now }, id, pages));
        const open = (await Promise.all(read)).filter((candidate) => candidate !== undefined);
        found.push(...open.filter(({ task }) => !known.has(registry.key(task.id))));
      }
      pages.seen(view.block);
      return found;
    });
    if (!candidates) {
      this.#ports.log.debug({ network: "oarn", registry: registry.address }, "the registry is paused");
      return 0;
    }
    const times = (candidate: Candidate) => this.#ports.skips.times(registry.key(candidate.task.id));
    // Claims of ours first: they were paid for. Then what was not looked at in vain before.
    const ordered = candidates.toSorted(
      (a, b) => Number(b.held) - Number(a.held) || times(a) - times(b) || Number(b.task.id - a.task.id),
    );
    for (const candidate of ordered) {
      if (this.#preparing.size >= MOST_PREPARED || (this.#ports.places() <= 0 && !candidate.held)) break;
      this.#begin(candidate, signal);
    }
    return pages.open;
  }

  #begin(candidate: Candidate, signal: AbortSignal): void {
    const key = candidate.registry.key(candidate.task.id);
    if (this.#preparing.has(key)) return;
    const wasFull = this.#preparing.size + 1 >= MOST_PREPARED;
    const work = this.#consider(candidate, signal)
      // Only a signal that aborts ends it so.
      .catch(() => undefined)
      .finally(() => {
        this.#preparing.delete(key);
        if (wasFull) this.wake();
      });
    this.#preparing.set(key, work);
  }

  /** An RPC without event logs is polled. */
  async #changed(registry: TaskRegistry, view: ChainView, pages: Pages): Promise<readonly bigint[]> {
    if (pages.lastBlock === undefined || pages.lastBlock >= view.block) return [];
    try {
      return await registry.changed(view, pages.lastBlock + 1n);
    } catch (error) {
      this.#ports.log.debug(
        { network: "oarn", error: clean(messageOf(error)) },
        "no events; the registries are polled",
      );
      return [];
    }
  }

  /** Of a task that is over nothing more is asked than itself: a registry has thousands of them. */
  async #candidate(
    registry: TaskRegistry,
    { view, now }: { readonly view: ChainView; readonly now: bigint },
    id: bigint,
    pages: Pages,
  ): Promise<Candidate | undefined> {
    const key = registry.key(id);
    const { skips } = this.#ports;
    const task = await registry.task(view, id);
    if (!task) {
      skips.add(key, "the registry counts it, and has no such task");
      return undefined;
    }
    const { account } = this.#ports.world().chain;
    const over = !isOpen(task.state) || task.deadline <= now;
    if (over || (await registry.hasSubmitted(view, id, account))) {
      pages.close(id);
      skips.forget(key);
      this.#ports.orders.done(registry, id);
      return undefined;
    }
    return { registry, task, now, block: view.block, held: await registry.hasClaimed(view, id, account) };
  }

  async #consider(candidate: Candidate, signal: AbortSignal): Promise<void> {
    const { registry, task } = candidate;
    const key = registry.key(task.id);
    const { skips, log, metrics } = this.#ports;
    const facts = await this.#ports.prepare(candidate, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      return { reason: clean(messageOf(error), 200) };
    });
    if ("reason" in facts) {
      metrics.call("match", "skipped");
      if (skips.add(key, facts.reason, [task.modelHash, task.inputHash]))
        log.info({ network: "oarn", task: key, reason: facts.reason }, "a task is skipped");
      return;
    }
    try {
      const outcome = this.#ports.offer(key, facts, candidate.held);
      metrics.call("match", outcome);
      // Only what was declined is looked at and known.
      if (outcome === "known") skips.add(key, "it was declined before");
      else skips.forget(key);
    } catch (error) {
      // The disk is full, or the registry says what no job can hold.
      if (skips.add(key, "it cannot be taken"))
        log.error({ network: "oarn", task: key, error: shownError(error) }, "a task cannot be taken");
    }
  }

  #pagesOf(registry: TaskRegistry): Pages {
    const known = this.#pages.get(registry.address) ?? new Pages();
    this.#pages.set(registry.address, known);
    return known;
  }
}
