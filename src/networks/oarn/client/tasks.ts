// Reads tasks for commands: one that must be there, or the newest of a registry.
import type { ChainReader } from "../../../chain/chain.ts";
import { parseAddress } from "../../../core/address.ts";
import { OarnError } from "../errors.ts";
import { blockTime } from "../job/ports.ts";
import type { TaskRegistry } from "../registry/registry.ts";
import type { Task } from "../registry/task.ts";

/** Reads of one list, the newest first. */
const WINDOW = 1000n;
const AT_ONCE = 8;

/** At one block. */
export interface Seen {
  readonly task: Task;
  /** Unix seconds, of the block. */
  readonly now: bigint;
  readonly block: bigint;
}

/** @param wish an address, a version, or neither: then the first of V2, else the first @throws OarnError "oarn_not_found" */
export function registryOf(
  registries: readonly TaskRegistry[],
  wish: { readonly address?: string | undefined; readonly version?: 1 | 2 | undefined },
): TaskRegistry {
  const address = wish.address === undefined ? undefined : parseAddress(wish.address);
  const fitting = registries.filter(
    (one) =>
      (wish.address === undefined || one.address === address) &&
      (wish.version === undefined || one.version.number === wish.version),
  );
  const found = fitting.find(({ version }) => version.number === 2) ?? fitting[0];
  if (found) return found;
  throw new OarnError("oarn_not_found", 404, "there is no such task registry", {
    hint: `Known: ${registries.map(({ name }) => name).join(", ")}.`,
  });
}

/** @throws OarnError "oarn_not_found" */
export function taskOf(chain: ChainReader, registry: TaskRegistry, id: bigint): Promise<Seen> {
  return chain
    .read((view) =>
      Promise.all([registry.task(view, id), blockTime(view)]).then(([task, now]) => ({ task, now, block: view.block })),
    )
    .then(({ task, ...at }) => {
      if (task) return { task, ...at };
      throw new OarnError("oarn_not_found", 404, `there is no task ${id} in ${registry.name}`);
    });
}

export interface TaskPage {
  readonly tasks: readonly Task[];
  readonly now: bigint;
  /** Whether there are older ones. */
  readonly more: boolean;
}

/** The newest first. */
export function newestTasks(chain: ChainReader, registry: TaskRegistry): Promise<TaskPage> {
  return chain.read(async (view) => {
    const [count, now] = await Promise.all([registry.count(view), blockTime(view)]);
    const oldest = count > WINDOW ? count - WINDOW + 1n : 1n;
    const tasks: Task[] = [];
    for (let id = count; id >= oldest; id -= BigInt(AT_ONCE)) {
      const ids = Array.from({ length: AT_ONCE }, (_, i) => id - BigInt(i)).filter((one) => one >= oldest);
      const read = await Promise.all(ids.map((one) => registry.task(view, one)));
      tasks.push(...read.filter((task) => task !== undefined));
    }
    return { tasks, now, more: oldest > 1n };
  });
}
