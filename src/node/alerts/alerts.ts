// The alerts of a running node: looks, decides, tells; the dead-man ping beside it. Nothing of the node waits for any of it.
import { hostname } from "node:os";
import { Board } from "../../alerts/board.ts";
import { isChosen } from "../../alerts/chosen.ts";
import { DeadMan } from "../../alerts/dead-man.ts";
import { Delivery } from "../../alerts/delivery.ts";
import { openShelf } from "../../alerts/shelf.ts";
import { openTargets } from "../../alerts/targets/index.ts";
import type { Config } from "../../config/schema.ts";
import type { Condition } from "../../core/alert.ts";
import { type Clock, sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { NetworkState } from "../../core/network-state.ts";
import type { AlertsStatus } from "../../core/status.ts";
import type { Fetch } from "../../lib/fetch.ts";
import { alertMetrics } from "../../observe/metrics/alerts.ts";
import type { Registry } from "../../observe/metrics/node.ts";
import { explain } from "../checks/explain.ts";
import { EXPLAINED } from "../checks/index.ts";
import { linkOf } from "../checks/links.ts";
import { type Source, Watch } from "./watch.ts";

export interface AlertsPorts {
  readonly sources: readonly Source[];
  /** In the home; of nothing else. */
  readonly state: NetworkState;
  readonly register: Registry;
  readonly fetch: Fetch;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Alerts {
  /** Works until the signal aborts; may be called again. */
  run(signal: AbortSignal): Promise<void>;
  /** Told with the next look. */
  happened(condition: Condition): void;
  status(): AlertsStatus;
  /** The operator stops the node: that is no news, and what is red from now on is the stop's doing. */
  rest(): void;
}

/** A look costs a question to each model server. */
const LONGEST_LOOK_MS = 60_000;
const SHORTEST_LOOK_MS = 500;

/** undefined: nobody is to be told. */
export function openAlerts(settings: Config["alerts"], ports: AlertsPorts): Alerts | undefined {
  const { fetch, version, clock, log } = ports;
  const node = alertName(settings);
  const targets = openTargets(settings, { fetch, node, version, explain, now: () => clock.now() });
  const { url, interval } = settings.deadMan;
  if (targets.length === 0 && url === undefined) return undefined;

  const unkept = (error: unknown) => log.warn({ error: messageOf(error) }, "what alerts were told could not be kept");
  const linkTo = (id: string) => alertLink(id, settings);
  const board = new Board({ ...settings, linkOf: linkTo }, clock, openShelf(ports.state, unkept));
  const metrics = alertMetrics(ports.register, () => board.firing().map(({ id }) => id));
  const count = (target: string, outcome: string) => metrics.sent.inc({ target, outcome });
  const deliveries = targets.map((target) => new Delivery(target, { clock, log, count }));
  const deadMan = url === undefined ? undefined : new DeadMan({ url, interval }, { fetch, clock, log, version, count });
  const watch = new Watch(ports.sources, settings, clock);
  const lookMs = Math.max(SHORTEST_LOOK_MS, Math.min(LONGEST_LOOK_MS, settings.after / 2));
  const resting = new AbortController();

  async function look(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(clock, lookMs, signal);
      if (signal.aborted) return;
      const found = await watch.look(signal);
      if (signal.aborted) return;
      const notice = found && board.look(found);
      if (!notice) continue;
      log.info({ alerts: notice.alerts.map(({ id, state }) => `${id} ${state}`).join(", ") }, "alert");
      for (const delivery of deliveries) delivery.add(notice, () => board.taken(notice));
    }
  }

  return {
    async run(signal) {
      const ended = AbortSignal.any([signal, resting.signal]);
      const tells = targets.length > 0 ? [look(ended), ...deliveries.map((delivery) => delivery.run(ended))] : [];
      await Promise.all([...tells, deadMan?.run(ended)]);
    },
    happened(condition) {
      if (isChosen(condition, settings)) board.happened(condition);
    },
    status: () => ({
      firing: board.firing(),
      targets: [...deliveries, ...(deadMan ? [deadMan] : [])].map((one) => one.state()),
    }),
    rest: () => resting.abort(),
  };
}

/** What the node is called in messages. */
export function alertName({ name }: Pick<Config["alerts"], "name">): string {
  return name ?? hostname();
}

/** Without a base there is none: the place in the README is no address that a phone can open. */
export function alertLink(id: string, { linkBase }: Pick<Config["alerts"], "linkBase">): string | undefined {
  return linkBase === undefined ? undefined : `${linkBase.replace(/\/+$/, "")}/${linkOf(id, EXPLAINED)}`;
}
