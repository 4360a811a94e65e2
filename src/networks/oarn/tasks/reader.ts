// Reads the tasks of a registry that may be worked on now: those that are due and not over, and those that an event names.
import type { ChainView } from "../../../chain/chain.ts";
import { messageOf } from "../../../core/errors.ts";
import type { Log } from "../../../core/log.ts";
import { clean } from "../../../lib/clean.ts";
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

export interface ReaderPorts {
  world(): World;
  /** What was claimed by hand. */
  readonly orders: Orders;
  /** Jobs that were taken already, by id: whether they have ended. Not those that were declined. */
  known(): ReadonlyMap<string, boolean>;
  readonly skips: Skips;
  readonly log: Log;
}

/** At the same time, of one registry. */
const READS = 8;

export class Reader {
  readonly #ports: ReaderPorts;
  readonly #pages = new Map<string, Pages>();

  constructor(ports: ReaderPorts) {
    this.#ports = ports;
  }

  /** Tasks that are not over, as far as is known. */
  open(registry: TaskRegistry): number {
    return this.#pagesOf(registry).open;
  }

  /** At one block. @param inHand is looked at already @returns undefined while the registry is paused */
  async candidates(
    registry: TaskRegistry,
    inHand: (id: bigint) => boolean,
    signal: AbortSignal,
  ): Promise<readonly Candidate[] | undefined> {
    const pages = this.#pagesOf(registry);
    const { orders, skips } = this.#ports;
    return this.#ports.world().chain.read(async (view) => {
      if (await registry.paused(view)) return undefined;
      for (const id of await this.#changed(registry, view, pages)) skips.forget(registry.key(id));
      const known = this.#ports.known();
      // Wherever they stand in the registry, and however often they were skipped before.
      const byHand = orders.of(registry);
      const all = new Set([...byHand, ...pages.due(await registry.count(view))]);
      const wanted = [...all].filter((id) => {
        const key = registry.key(id);
        const rests = skips.isResting(key) && !byHand.includes(id);
        // The task of a job that has ended is read until it is over, too: else it would stay among the open ones.
        return known.get(key) !== false && !inHand(id) && !rests;
      });
      for (const id of byHand) if (known.has(registry.key(id))) orders.done(registry, id);
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
  }

  /** An RPC without event logs is polled. */
  async #changed(registry: TaskRegistry, view: ChainView, pages: Pages): Promise<readonly bigint[]> {
    if (pages.lastBlock === undefined || pages.lastBlock >= view.block) return [];
    try {
      return await registry.changed(view, pages.lastBlock + 1n);
    } catch (error) {
      const said = clean(messageOf(error));
      this.#ports.log.debug({ network: "oarn", error: said }, "no events; the registries are polled");
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
    const { skips, orders } = this.#ports;
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
      orders.done(registry, id);
      return undefined;
    }
    return { registry, task, now, block: view.block, held: await registry.hasClaimed(view, id, account) };
  }

  #pagesOf(registry: TaskRegistry): Pages {
    const known = this.#pages.get(registry.address) ?? new Pages();
    this.#pages.set(registry.address, known);
    return known;
  }
}
