// Who may read the operator's listener where it is not this machine's alone: a token, links that open the page once, few tries.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import type { Secret } from "../core/secret.ts";
import { HttpError } from "./errors.ts";

const LINK_LIFE_MS = 10 * 60_000;
const MAX_LINKS = 20;
/** Wrong tokens of one address in a window; with one more even the right one has to wait. */
const MAX_TRIES = 10;
const WINDOW_MS = 60_000;
/** Addresses that are remembered; the oldest goes first. */
const MAX_ADDRESSES = 1000;

export class AdminAccess {
  #token: Secret | undefined;
  readonly #clock: Clock;
  /** Until when each is good, by the digest of its code. */
  readonly #links = new Map<string, number>();
  readonly #tries = new Map<string, { wrong: number; until: number }>();

  /** @param token undefined: whoever reaches the listener may read it */
  constructor(token: Secret | undefined, clock: Clock) {
    this.#token = token;
    this.#clock = clock;
  }

  /** Whoever has the former one, or a link that was made for it, is let in no more. */
  changeTo(token: Secret | undefined): void {
    if (token?.reveal() === this.#token?.reveal()) return;
    this.#token = token;
    this.#links.clear();
  }

  get needsToken(): boolean {
    return this.#token !== undefined;
  }

  /** The code of a link that opens the page once, soon; undefined where none is needed. */
  newLink(): string | undefined {
    if (!this.#token) return undefined;
    const code = randomBytes(32).toString("base64url");
    const [oldest] = this.#links.keys();
    if (this.#links.size >= MAX_LINKS && oldest !== undefined) this.#links.delete(oldest);
    this.#links.set(digest(code).toString("hex"), this.#clock.monotonic() + LINK_LIFE_MS);
    return code;
  }

  /** The token for who shows the code of a link, once. Throws HttpError. */
  redeem(authorization: string | null, peer: string | undefined): Secret | undefined {
    return this.#attempt(authorization, peer, (code) => {
      const key = digest(code).toString("hex");
      const until = this.#links.get(key);
      this.#links.delete(key);
      return until !== undefined && this.#clock.monotonic() < until;
    });
  }

  /** Throws HttpError unless the header has the token. */
  check(authorization: string | null, peer: string | undefined): void {
    this.#attempt(authorization, peer, (token) => {
      return timingSafeEqual(digest(token), digest(this.#token?.reveal() ?? ""));
    });
  }

  /** True for what has the token: what does not is no try. */
  knows(authorization: string | null, peer: string | undefined): boolean {
    if (this.#token && authorization === null) return false;
    this.check(authorization, peer);
    return true;
  }

  #attempt(header: string | null, peer: string | undefined, isRight: (shown: string) => boolean): Secret | undefined {
    if (!this.#token) return undefined;
    const shown = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(header ?? "")?.[1];
    if (shown === undefined) throw refused("token_missing", "this listener is read with the admin token");
    const now = this.#clock.monotonic();
    const key = networkOf(peer);
    const before = this.#tries.get(key);
    const wrong = before && now < before.until ? before.wrong : 0;
    const until = wrong > 0 && before ? before.until : now + WINDOW_MS;
    if (wrong >= MAX_TRIES) {
      throw new HttpError("too_many_tries", 429, "too many wrong tokens came from this address", {
        headers: { "Retry-After": String(Math.ceil((until - now) / 1000)) },
      });
    }
    if (isRight(shown)) return this.#token;
    this.#remember(key, { wrong: wrong + 1, until });
    throw refused("token_wrong", "that is not the admin token, or the link was used before");
  }

  #remember(key: string, tries: { wrong: number; until: number }): void {
    this.#tries.delete(key);
    const [oldest] = this.#tries.keys();
    if (this.#tries.size >= MAX_ADDRESSES && oldest !== undefined) this.#tries.delete(oldest);
    this.#tries.set(key, tries);
  }
}

function refused(code: "token_missing" | "token_wrong", message: string): HttpError {
  return new HttpError(code, 401, message, {
    hint: "fxn dashboard open prints a link that has it; others send Authorization: Bearer TOKEN",
    headers: { "WWW-Authenticate": "Bearer" },
  });
}

/** Equal lengths, whatever is compared. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Who has one address of IPv6 has all 2^64 of its network. */
function networkOf(peer = "unknown"): string {
  if (!peer.includes(":") || peer.includes(".")) return peer;
  const [head = "", tail = ""] = peer.split("::");
  const parts = head.split(":");
  const known = peer.includes("::") ? [...parts, ...Array(8 - parts.length - tail.split(":").length).fill("0")] : parts;
  return known.slice(0, 4).join(":");
}
