// Tells the network of nodes of tasks that were made here: once, as soon as somebody is there to hear it.
import { type Clock, sleep } from "../../../core/clock.ts";
import { messageOf } from "../../../core/errors.ts";
import type { Log } from "../../../core/log.ts";
import { clean } from "../../../lib/clean.ts";
import { blockTime, type World } from "../job/ports.ts";
import type { TaskAnnouncement } from "../p2p/announcement.ts";
import type { TaskRegistry } from "../registry/registry.ts";
import { isOpen, type Task } from "../registry/task.ts";
import { parseRequirements } from "../requirements.ts";
import type { Orders } from "./orders.ts";

export interface AnnouncerPorts {
  world(): World;
  /** @returns to how many peers it went */
  announce(task: TaskAnnouncement): Promise<number>;
  readonly orders: Orders;
  readonly clock: Clock;
  readonly log: Log;
}

export async function runAnnouncer(ports: AnnouncerPorts, everyMs: number, signal: AbortSignal): Promise<void> {
  const { clock, log } = ports;
  while (!signal.aborted) {
    try {
      await announceAll(ports);
    } catch (error) {
      log.debug({ network: "oarn", error: clean(messageOf(error)) }, "tasks of this node could not be announced");
    }
    await sleep(clock, everyMs, signal);
  }
}

/** What has ended meanwhile is not announced any more. */
async function announceAll({ world, announce, orders, log }: AnnouncerPorts): Promise<void> {
  const { chain, registries } = world();
  for (const registry of registries) {
    for (const id of orders.of(registry)) {
      const { task, now } = await chain.read(async (view) => ({
        task: await registry.task(view, id),
        now: await blockTime(view),
      }));
      if (!task || !isOpen(task.state) || task.deadline <= now) {
        orders.done(registry, id);
        continue;
      }
      const peers = await announce(announcementOf(registry, task));
      if (peers === 0) continue;
      orders.done(registry, id);
      log.info({ network: "oarn", task: registry.key(id), peers }, "a task was announced");
    }
  }
}

function announcementOf(registry: TaskRegistry, task: Task): TaskAnnouncement {
  const { modelCid, inputCid } = parseRequirements(task.requirements);
  return {
    id: task.id,
    modelHash: task.modelHash,
    inputHash: task.inputHash,
    reward: task.rewardPerNode,
    requiredNodes: Number(task.requiredNodes),
    deadline: task.deadline,
    chainId: BigInt(registry.chainId),
    registry: registry.address,
    registryVersion: registry.version.number,
    modelCid,
    inputCid,
  };
}
