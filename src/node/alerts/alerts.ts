// The alerts of a running node: looks, decides, tells; the dead-man ping beside it. Nothing of the node waits for any of it, and
// a reload changes who is told of what.
import { hostname } from "node:os";
import { Board, type BoardOptions } from "../../alerts/board.ts";
import { isChosen } from "../../alerts/chosen.ts";
import { DeadMan } from "../../alerts/dead-man.ts";
import { Delivery } from "../../alerts/delivery.ts";
import { openShelf } from "../../alerts/shelf.ts";
import { entriesOf, openTargets } from "../../alerts/targets/index.ts";
import { sameValue } from "../../config/reload.ts";
import type { Config } from "../../config/schema.ts";
import type { Alert, Condition, Notice } from "../../core/alert.ts";
import { type Clock, sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { NetworkState } from "../../core/network-state.ts";
import type { AlertsStatus } from "../../core/status.ts";
import { Crew } from "../../lib/crew.ts";
import type { Fetch } from "../../lib/fetch.ts";
import { alertMetrics } from "../../observe/metrics/alerts.ts";
import type { Registry } from "../../observe/metrics/node.ts";
import { explain } from "../checks/explain.ts";
import { EXPLAINED } from "../checks/index.ts";
import { linkOf } from "../checks/links.ts";
import { type Configured, NOTHING, type Prepared, type ReloadPart } from "../reload/part.ts";
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

/** A look costs a question to each model server. */
const LONGEST_LOOK_MS = 60_000;
const SHORTEST_LOOK_MS = 500;

type Settings = Config["alerts"];

/** What follows from one configuration. */
interface Telling {
  readonly settings: Settings;
  readonly deliveries: readonly Addressed[];
  readonly deadMan: { readonly of: unknown; readonly ping: DeadMan } | undefined;
}

interface Addressed {
  readonly of: { readonly node: string; readonly name: string; readonly entry: unknown };
  readonly delivery: Delivery;
}

export class Alerts implements ReloadPart {
  readonly #ports: AlertsPorts;
  readonly #crew: Crew;
  readonly #board: Board;
  readonly #resting = new AbortController();
  /** Made when somebody is to be told: a node that tells nobody has none of them. */
  #metrics: ReturnType<typeof alertMetrics> | undefined;
  #now: Telling;
  #endLook = () => {};
  #endPing = () => {};

  constructor(settings: Settings, ports: AlertsPorts) {
    const { log, clock, state } = ports;
    this.#ports = ports;
    const warn = (text: string) => (error: unknown) => log.warn({ error: messageOf(error) }, text);
    this.#crew = new Crew(warn("telling of alerts failed"));
    this.#now = { settings, deliveries: [], deadMan: undefined };
    const first = this.#open(settings);
    const shelf = openShelf(state, warn("what alerts were told could not be kept"));
    this.#board = new Board(judging(first), clock, shelf);
    this.#changeTo(first);
    for (const { target, notice } of this.#board.owed())
      for (const one of first.deliveries) if (one.of.name === target) this.#tell(one, notice);
  }

  /** Works until the signal aborts; may be called again. */
  run(signal: AbortSignal): Promise<void> {
    return this.#crew.run(AbortSignal.any([signal, this.#resting.signal]));
  }

  /** Told with the next look. */
  happened(condition: Condition): void {
    if (this.#looks && isChosen(condition, this.#now.settings)) this.#board.happened(condition);
  }

  /** null: nobody is to be told. */
  status(): AlertsStatus | null {
    const { deliveries, deadMan } = this.#now;
    if (!this.#tells) return null;
    const targets = [...deliveries.map(({ delivery }) => delivery), ...(deadMan ? [deadMan.ping] : [])];
    return { firing: this.#firing(), targets: targets.map((one) => one.state()) };
  }

  /** The operator stops the node: that is no news, and what is red from now on is the stop's doing. */
  rest(): void {
    this.#resting.abort();
  }

  async prepare({ config: { alerts } }: Pick<Configured, "config">): Promise<Prepared> {
    if (sameValue(alerts, this.#now.settings)) return NOTHING;
    const next = this.#open(alerts);
    return { commit: () => this.#changeTo(next), discard() {} };
  }

  get #tells(): boolean {
    return this.#now.deliveries.length > 0 || this.#now.deadMan !== undefined;
  }

  /** A dead-man ping says nothing of what fires: for it alone nobody looks, and what fired before is not known. */
  get #looks(): boolean {
    return this.#now.deliveries.length > 0;
  }

  /** Beside what there is: who is told in the same way goes on to be told by the same. */
  #open(settings: Settings): Telling {
    const { fetch, version, clock, log } = this.#ports;
    const node = alertName(settings);
    const count = (target: string, outcome: string) => this.#metrics?.sent.inc({ target, outcome });
    const targets = openTargets(settings, { fetch, node, version, explain, now: () => clock.now() });
    const entries = entriesOf(settings);
    const deliveries = targets.map((target, i) => {
      const of = { node, name: target.name, entry: entries[i] };
      const known = this.#now.deliveries.find((one) => sameValue(one.of, of));
      return known ?? { of, delivery: new Delivery(target, { clock, log, count }) };
    });
    const { url, interval } = settings.deadMan;
    const known = this.#now.deadMan;
    if (url === undefined) return { settings, deliveries, deadMan: undefined };
    if (known && sameValue(known.of, settings.deadMan)) return { settings, deliveries, deadMan: known };
    const ping = new DeadMan({ url, interval }, { fetch, clock, log, version, count });
    return { settings, deliveries, deadMan: { of: settings.deadMan, ping } };
  }

  /** Standing alerts stay on the board: nobody is told of them again. */
  #changeTo(next: Telling): void {
    const former = this.#now;
    this.#now = next;
    this.#board.judgeBy(judging(next));
    if (this.#tells) this.#metrics ??= alertMetrics(this.#ports.register, () => this.#firing().map(({ id }) => id));
    const fresh = next.deliveries.filter((one) => !former.deliveries.includes(one));
    const gone = former.deliveries.filter((one) => !next.deliveries.includes(one));
    for (const one of gone) one.delivery.leave(heirsOf(one, gone, fresh).map(({ delivery }) => delivery));
    for (const { delivery } of fresh) this.#crew.add((signal) => delivery.run(signal));
    if (next.deadMan !== former.deadMan) this.#endPing();
    if (next.deadMan && next.deadMan !== former.deadMan) this.#endPing = this.#pinging(next.deadMan.ping);
    this.#endLook();
    if (this.#looks) this.#endLook = this.#crew.add((signal) => this.#look(next, signal));
  }

  #pinging(ping: DeadMan): () => void {
    return this.#crew.add((signal) => ping.run(signal));
  }

  #firing(): readonly Alert[] {
    return this.#looks ? this.#board.firing() : [];
  }

  async #look({ settings, deliveries }: Telling, signal: AbortSignal): Promise<void> {
    const { sources, clock, log } = this.#ports;
    const watch = new Watch(sources, settings, clock);
    const lookMs = Math.max(SHORTEST_LOOK_MS, Math.min(LONGEST_LOOK_MS, settings.after / 2));
    while (!signal.aborted) {
      await sleep(clock, lookMs, signal);
      if (signal.aborted) return;
      const found = await watch.look(signal);
      if (signal.aborted) return;
      const notice = found && this.#board.look(found);
      if (!notice) continue;
      log.info({ alerts: notice.alerts.map(({ id, state }) => `${id} ${state}`).join(", ") }, "alert");
      for (const one of deliveries) this.#tell(one, notice);
    }
  }

  #tell({ of, delivery }: Addressed, notice: Notice): void {
    delivery.add(notice, () => this.#board.taken(notice, of.name));
  }
}

/** Who stands for the same entry under another name; else all that are new: whoever stands for another had its own messages. */
function heirsOf(one: Addressed, gone: readonly Addressed[], fresh: readonly Addressed[]): readonly Addressed[] {
  const same =
    ({ of }: Addressed) =>
    (other: Addressed) =>
      sameValue(of.entry, other.of.entry);
  const successor = fresh.find(same(one));
  return successor ? [successor] : fresh.filter((other) => !gone.some(same(other)));
}

function judging({ settings, deliveries }: Telling): BoardOptions {
  const { after, repeat } = settings;
  return {
    after,
    repeat,
    targets: deliveries.map(({ of }) => of.name),
    isChosen: (condition) => isChosen(condition, settings),
    linkOf: (id) => alertLink(id, settings),
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
