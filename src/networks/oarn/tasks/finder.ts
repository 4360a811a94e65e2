// Looks for tasks at each poll, and whenever something is heard, and offers what the node wants to its jobs.
import { type Clock, sleep } from "../../../core/clock.ts";
import { messageOf } from "../../../core/errors.ts";
import { clean } from "../../../lib/clean.ts";
import type { NetworkMetrics } from "../../../observe/metrics/network.ts";
import { shownError } from "../../jobs/shown-error.ts";
import type { OarnFacts } from "../job/facts.ts";
import type { TaskRegistry } from "../registry/registry.ts";
import { type Candidate, Reader, type ReaderPorts } from "./reader.ts";

export interface FinderPorts extends ReaderPorts {
  /** Why nothing can be claimed now, whatever it is; undefined: it can. */
  hindrance(signal: AbortSignal): Promise<string | undefined>;
  /** undefined and a reason: not wanted, or not possible now. */
  prepare(candidate: Candidate, signal: AbortSignal): Promise<OarnFacts | { readonly reason: string }>;
  /** @param anew also what was declined before: it is claimed now */
  offer(id: string, facts: OarnFacts, anew: boolean): "taken" | "known" | "full";
  places(): number;
  readonly clock: Clock;
  readonly metrics: NetworkMetrics;
  random(): number;
}

/** Tasks whose content is being fetched: one that nobody has must not keep the others waiting. */
const MOST_PREPARED = 8;

export class Finder {
  readonly #ports: FinderPorts;
  readonly #everyMs: number;
  readonly #reader: Reader;
  readonly #preparing = new Map<string, Promise<void>>();
  #wake = new AbortController();
  /** Wall clock, milliseconds. */
  lastOk: number | undefined;
  /** Of the latest pass. */
  open = 0;
  problem: string | undefined;
  /** Why nothing is claimed. */
  hindrance: string | undefined;

  constructor(ports: FinderPorts, everyMs: number) {
    this.#ports = ports;
    this.#reader = new Reader(ports);
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
    await this.#meet(signal);
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

  async #meet(signal: AbortSignal): Promise<void> {
    const hindrance = await this.#ports.hindrance(signal);
    if (hindrance !== undefined && hindrance !== this.hindrance)
      this.#ports.log.warn({ network: "oarn", reason: hindrance }, "no task is claimed");
    this.hindrance = hindrance;
  }

  async #look(registry: TaskRegistry, signal: AbortSignal): Promise<number> {
    const candidates = await this.#reader.candidates(registry, (id) => this.#preparing.has(registry.key(id)), signal);
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
      // What is claimed already is gone on with: the hindrance may have passed by then.
      if (this.hindrance !== undefined && !candidate.held) continue;
      if (this.#preparing.size >= MOST_PREPARED || (this.#ports.places() <= 0 && !candidate.held)) break;
      this.#begin(candidate, signal);
    }
    return this.#reader.open(registry);
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
}
