// How much a peer may say, and who is not spoken to for a while; what is remembered of strangers has an end.
import type { Clock } from "../../../core/clock.ts";

interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** A heartbeat is one, and tasks are rare. */
const FRAMES: Rate = { burst: 120, perSecond: 20 };
/** An announcement has half a kilobyte. To verify what fits into a second takes 20 ms at most. */
const BYTES: Rate = { burst: 256 * 1024, perSecond: 16 * 1024 };
/** Frames above the rate, after which a peer is not merely slow to notice. */
const MAX_EXCESS = 200;
const BAN_MS = 10 * 60_000;
const MAX_REMEMBERED = 4096;

interface Account {
  frames: number;
  bytes: number;
  at: number;
  excess: number;
  bannedUntil: number;
}

export class Conduct {
  readonly #clock: Clock;
  /** Whoever was seen last is last. */
  readonly #accounts = new Map<string, Account>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one frame of gossip. False: it is over the rate, or the peer is banned. */
  allows(peer: string): boolean {
    if (this.banned(peer)) return false;
    const account = this.#accountOf(peer);
    if (account.frames >= 1) {
      account.frames--;
      account.excess = Math.max(0, account.excess - 0.5);
      return true;
    }
    if (++account.excess > MAX_EXCESS) this.ban(peer);
    return false;
  }

  /** Counts bytes of gossip. False: they are more than any honest peer sends. */
  allowsBytes(peer: string, count: number): boolean {
    const account = this.#accountOf(peer);
    account.bytes -= count;
    return account.bytes >= 0;
  }

  ban(peer: string): void {
    this.#accountOf(peer).bannedUntil = this.#clock.monotonic() + BAN_MS;
  }

  banned(peer: string): boolean {
    return (this.#accounts.get(peer)?.bannedUntil ?? 0) > this.#clock.monotonic();
  }

  #accountOf(peer: string): Account {
    const now = this.#clock.monotonic();
    const known = this.#accounts.get(peer);
    const account = known ?? { frames: FRAMES.burst, bytes: BYTES.burst, at: now, excess: 0, bannedUntil: 0 };
    const seconds = (now - account.at) / 1000;
    account.frames = Math.min(FRAMES.burst, account.frames + seconds * FRAMES.perSecond);
    account.bytes = Math.min(BYTES.burst, account.bytes + seconds * BYTES.perSecond);
    account.at = now;
    this.#accounts.delete(peer);
    this.#accounts.set(peer, account);
    for (const oldest of this.#accounts.keys()) {
      if (this.#accounts.size <= MAX_REMEMBERED) break;
      this.#accounts.delete(oldest);
    }
    return account;
  }
}
