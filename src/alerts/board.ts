// Which alerts fire: a thing must be wrong for a while before it is told, and well for a while before it counts as over.
import type { Alert, Condition, Notice } from "../core/alert.ts";
import type { Clock } from "../core/clock.ts";
import type { Shelf, Told } from "./shelf.ts";
import { ToldAlerts } from "./told.ts";

export interface BoardOptions {
  /** Milliseconds that a thing is wrong before it is told, and well before it is over. */
  readonly after: number;
  /** Milliseconds after which a critical one that still fires is told again. */
  readonly repeat: number;
  /** Names of those who are told. */
  readonly targets: readonly string[];
  /** Whether the operator wants to hear of it. */
  readonly isChosen: (condition: Condition) => boolean;
  /** undefined: nobody can follow one. */
  readonly linkOf: (id: string) => string | undefined;
}

/** What was found at one look. */
export interface Look {
  readonly wrong: readonly Condition[];
  /** Ids of what could not be asked. */
  readonly unknown: ReadonlySet<string>;
}

interface Entry {
  condition: Condition;
  /** Wall clock. */
  readonly since: number;
  /** All others: monotonic. */
  readonly firstWrong: number;
  lastWrong: number;
  lastKnown: number;
  /** undefined: nobody was told yet. -Infinity: they were, and it has become worse since. */
  toldAt: number | undefined;
  firing: boolean;
  readonly event: boolean;
}

/** Something that only happens counts as over when it has not happened again for so long. */
const EVENT_MS = 30 * 60_000;
/** What cannot be asked stays as it was, but not for ever: its network may have been turned off. */
const UNKNOWN_MS = 60 * 60_000;

export class Board {
  #options: BoardOptions;
  readonly #clock: Clock;
  readonly #told: ToldAlerts;
  readonly #entries = new Map<string, Entry>();

  /** What an earlier run has told is not told again as if it were new. */
  constructor(options: BoardOptions, clock: Clock, shelf: Shelf) {
    this.#options = options;
    this.#clock = clock;
    this.#told = new ToldAlerts(shelf, clock.now());
    for (const told of this.#told.all())
      if (told.state === "firing") this.#entries.set(told.condition.id, this.#restored(told));
    this.judgeBy(options);
  }

  /** From now on; what fires goes on to fire, and is not told anew. What is wanted no more is not over: it ends in silence. */
  judgeBy(options: BoardOptions): void {
    this.#options = options;
    for (const [id, { condition }] of this.#entries) {
      if (!options.isChosen(condition)) this.#entries.delete(id);
    }
    this.#told.narrow(options.targets, options.isChosen);
  }

  /** What an earlier run has told some of them, and these not yet. */
  owed(): readonly { readonly target: string; readonly notice: Notice }[] {
    const all = this.#told.all();
    return this.#options.targets.flatMap((target) => {
      const missing = all.filter(({ owed }) => owed.includes(target));
      if (missing.length === 0) return [];
      const at = Math.max(this.#clock.now(), ...missing.map(({ toldAt }) => toldAt));
      return [{ target, notice: { at, alerts: missing.map((told) => this.#alert(told, told.state)) } }];
    });
  }

  firing(): readonly Alert[] {
    return [...this.#entries.values()].filter(({ firing }) => firing).map((entry) => this.#alert(entry, "firing"));
  }

  /** It is told at the next look, with all else that is. */
  happened(condition: Condition): void {
    const entry = this.#noted(condition, true, this.#clock.monotonic());
    entry.firing = true;
  }

  /** Takes note of the whole picture. @returns what is to be told now */
  look({ wrong, unknown }: Look): Notice | undefined {
    const { after } = this.#options;
    const at = this.#clock.now();
    const now = this.#clock.monotonic();
    for (const condition of wrong) {
      const entry = this.#noted(condition, false, now);
      if (now - entry.firstWrong >= after) entry.firing = true;
    }
    const alerts: Alert[] = [];
    for (const [id, entry] of this.#entries) {
      const isWrong = entry.lastWrong === now || entry.event;
      if (isWrong || !unknown.has(id)) entry.lastKnown = now;
      if (entry.firing && isWrong && this.#isDue(entry, now)) {
        entry.toldAt = now;
        alerts.push(this.#sent(entry, "firing", at));
      } else if (this.#isOver(entry, now)) {
        this.#entries.delete(id);
        // What nobody was told of ends in silence.
        if (entry.toldAt !== undefined) alerts.push(this.#sent(entry, "resolved", at));
      }
    }
    return alerts.length > 0 ? { at, alerts } : undefined;
  }

  /** A target has it: only now is it known beyond the end of this process. */
  taken(notice: Notice, target: string): void {
    this.#told.taken(notice, target);
  }

  #sent(entry: Entry, state: Alert["state"], toldAt: number): Alert {
    const { condition, since, event } = entry;
    this.#told.sent({ condition, since, event, toldAt, state, owed: this.#options.targets });
    return this.#alert(entry, state);
  }

  #noted(condition: Condition, event: boolean, now: number): Entry {
    const known = this.#entries.get(condition.id);
    if (!known) {
      const times = { since: this.#clock.now(), firstWrong: now, lastWrong: now, lastKnown: now };
      const entry = { condition, ...times, toldAt: undefined, firing: false, event };
      this.#entries.set(condition.id, entry);
      return entry;
    }
    known.lastWrong = now;
    // The worst that it was: told once more when it becomes worse, and not at every change.
    const worse = condition.severity === "critical" && known.condition.severity === "warning";
    if (worse && known.toldAt !== undefined) known.toldAt = Number.NEGATIVE_INFINITY;
    known.condition = { ...condition, severity: worse ? "critical" : known.condition.severity };
    return known;
  }

  #isOver({ lastWrong, lastKnown, event }: Entry, now: number): boolean {
    if (event) return now - lastWrong >= EVENT_MS;
    const unknownFor = now - lastKnown;
    if (unknownFor > 0 && unknownFor < UNKNOWN_MS) return false;
    return now > lastWrong && now - lastWrong >= this.#options.after;
  }

  /** Wrong until it is seen to be well: a look may take its time to come. */
  #restored({ condition, since, toldAt, event }: Told): Entry {
    const now = this.#clock.monotonic();
    const passed = Math.max(0, this.#clock.now() - toldAt);
    const times = { since, firstWrong: now, lastWrong: now, lastKnown: now };
    return { condition, ...times, toldAt: now - passed, firing: true, event };
  }

  /** A warning is told once: some stand for years, by the operator's own choice. */
  #isDue({ condition, toldAt }: Entry, now: number): boolean {
    if (toldAt === undefined) return true;
    return condition.severity === "critical" && now >= toldAt + this.#options.repeat;
  }

  #alert({ condition, since }: Pick<Entry, "condition" | "since">, state: Alert["state"]): Alert {
    const link = this.#options.linkOf(condition.id);
    return { ...condition, state, since, ...(link !== undefined && { link }) };
  }
}
