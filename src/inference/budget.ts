// The budget that networks share: who may take work now, how much, and who goes first when places are short.
import type { Admission, BudgetPort } from "../core/budget.ts";
import type { Clock } from "../core/clock.ts";
import { type Hours, minutesLeft } from "../core/day-time.ts";
import type { SharedCounter, SharedRows } from "../core/shared.ts";
import { InferenceError } from "./errors.ts";

/** What one network may have. */
export interface Share {
  /** Of the places, relative to the other networks that want some. */
  readonly weight: number;
  /** Pieces of work at the same time; 0 is no limit. */
  readonly places: number;
  readonly quietHours: readonly Hours[];
}

export interface BudgetPorts {
  /** Where the node's processes count together. */
  readonly rows: SharedRows;
  readonly clock: Clock;
}

const UNLIMITED = Number.MAX_SAFE_INTEGER;
const NO_SHARE: Share = { weight: 1, places: 0, quietHours: [] };
/** Until somebody looks again whether the GPU is the operator's own. */
const OWN_USE_RETRY_SECONDS = 30;

export class Budget {
  readonly #shares: Readonly<Record<string, Share>>;
  readonly #ports: BudgetPorts;
  readonly #running = new Map<string, SharedCounter>();
  readonly #waiting = new Map<string, SharedCounter>();

  constructor(shares: Readonly<Record<string, Share>>, ports: BudgetPorts) {
    this.#shares = shares;
    this.#ports = ports;
  }

  /** As one network sees it. */
  of(network: string): BudgetPort {
    return { admission: () => this.#admission(network) };
  }

  /** For the next `ms` the GPU is the operator's own: no network gets a place. 0: from now on it is not. */
  keepForOwner(ms: number): void {
    const until = BigInt(Math.round(this.#ports.rows.elapsed() + ms));
    this.#ownUse().update(() => until);
  }

  /** Of all networks. */
  running(): number {
    return Object.keys(this.#shares).reduce((sum, network) => sum + this.#counter("running", network).total(), 0);
  }

  /** Throws InferenceError for a network that rests. */
  refuseWhoRests(network: string): void {
    const rest = this.#rest(network);
    if (!rest) return;
    throw new InferenceError("network_rests", 503, `this node takes no work now: ${rest.reason}`, {
      headers: { "Retry-After": String(rest.seconds) },
    });
  }

  /** One piece of work more of that network, if it may have one now; give it back by `leave`. */
  enter(network: string, model: string): boolean {
    const { places } = this.#share(network);
    if (this.#isBehindOthers(network, model)) return false;
    return this.#counter("running", network).enter(places || UNLIMITED);
  }

  leave(network: string): void {
    this.#counter("running", network).leave();
  }

  /** From now on it waits for a place at that model; call the result when it does no more. */
  wait(network: string, model: string): () => void {
    const counter = this.#waitingCounter(network, model);
    counter.enter(UNLIMITED);
    return () => counter.leave();
  }

  #admission(network: string): Admission {
    const rest = this.#rest(network);
    if (rest) return { places: 0, reason: rest.reason };
    const { places } = this.#share(network);
    if (places === 0) return { places: UNLIMITED, reason: undefined };
    const free = Math.max(0, places - this.#counter("running", network).total());
    return { places: free, reason: free > 0 ? undefined : "its share of the places is taken" };
  }

  #rest(network: string): { reason: string; seconds: number } | undefined {
    const { clock, rows } = this.#ports;
    const minutes = this.#share(network).quietHours.flatMap((hours) => minutesLeft(hours, clock.now()) ?? []);
    if (minutes.length > 0) return { reason: "quiet hours", seconds: 60 * Math.max(...minutes) };
    if (this.#ownUse().update(() => undefined) <= BigInt(Math.round(rows.elapsed()))) return undefined;
    return { reason: "the operator uses the GPU", seconds: OWN_USE_RETRY_SECONDS };
  }

  /** Somebody waits there who has, for his weight, less than this one would have. */
  #isBehindOthers(network: string, model: string): boolean {
    const mine = this.#counter("running", network).total() / this.#share(network).weight;
    return Object.keys(this.#shares).some((other) => {
      if (other === network || this.#waitingCounter(other, model).total() === 0) return false;
      const { weight, places } = this.#share(other);
      const running = this.#counter("running", other).total();
      // Who has all that he may have waits for his own work to end, and holds nobody up.
      if (places > 0 && running >= places) return false;
      return running / weight < mine;
    });
  }

  #share(network: string): Share {
    return this.#shares[network] ?? NO_SHARE;
  }

  #ownUse() {
    return this.#ports.rows.row("own use").words[0];
  }

  #counter(what: string, network: string): SharedCounter {
    return counterIn(this.#running, `${what} ${network}`, this.#ports.rows);
  }

  #waitingCounter(network: string, model: string): SharedCounter {
    return counterIn(this.#waiting, `waiting ${network} ${model}`, this.#ports.rows);
  }
}

function counterIn(known: Map<string, SharedCounter>, name: string, rows: SharedRows): SharedCounter {
  const counter = known.get(name) ?? rows.row(name).counter;
  known.set(name, counter);
  return counter;
}
