// How the last challenge of each kind ended, of those that schedulers sent; kept in the home, since a restart mends nothing by itself.
import { z } from "zod";
import type { EndedChallenge } from "../../core/activity.ts";
import type { Clock } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { NetworkState } from "../../core/network-state.ts";

export interface LastChallenge {
  readonly type: string;
  readonly outcome: "ok" | "failed";
  readonly error: string | null;
  /** Milliseconds since it ended. */
  readonly ageMs: number;
  /** It was a former run of the node that ended it. */
  readonly beforeStart: boolean;
}

export interface LastChallengesPorts {
  /** In the home; of nothing else. */
  readonly state: NetworkState;
  readonly clock: Clock;
  readonly log: Log;
}

const KIND = "last";
/** An older one says nothing of today: a kind may be asked no more, and what failed be mended long since. */
export const KNOWN_DAYS = 7;
const KNOWN_MS = KNOWN_DAYS * 86_400_000;
const kept = z.object({ outcome: z.enum(["ok", "failed"]), error: z.string().nullable() });

export class LastChallenges {
  readonly #ports: LastChallengesPorts;
  readonly #opened: number;

  constructor(ports: LastChallengesPorts) {
    this.#ports = ports;
    this.#opened = ports.clock.monotonic();
    this.#trying(() => ports.state.forget(KIND, ports.clock.now() - KNOWN_MS));
  }

  /** Of one that has ended now. A rehearsal, and what was itself at fault, say nothing of this node. */
  add({ type, outcome, source, error }: EndedChallenge): void {
    if (outcome === "refused" || source === "rehearsal") return;
    // There are as many kinds as challengers.
    this.#trying(() => this.#ports.state.set(KIND, type, JSON.stringify({ outcome, error })));
  }

  /** One of each kind, the newest first. @throws StoreError */
  all(): LastChallenge[] {
    const { state, clock } = this.#ports;
    const upMs = clock.monotonic() - this.#opened;
    return state
      .all(KIND)
      .flatMap(({ key: type, value, at }) => {
        const { data } = kept.safeParse(JSON.parse(value));
        const ageMs = Math.max(0, clock.now() - at);
        return data ? [{ type, ...data, ageMs, beforeStart: ageMs > upMs }] : [];
      })
      .filter(({ ageMs }) => ageMs <= KNOWN_MS)
      .sort((a, b) => a.ageMs - b.ageMs);
  }

  /** A home that cannot be written is told by other checks, and fails no challenge. */
  #trying(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#ports.log.warn({ error: messageOf(error) }, "how a challenge ended could not be kept");
    }
  }
}
