// From the hashes of a task to its model and its input: by CIDs that stand for them, and never by anything else.
import type { Hex } from "../../../core/address.ts";
import type { Clock } from "../../../core/clock.ts";
import { messageOf } from "../../../core/errors.ts";
import type { Ipfs } from "../../../ipfs/ipfs.ts";
import { clean } from "../../../lib/clean.ts";
import { cidsOfDigest, standsFor } from "../cids.ts";
import { OarnError } from "../errors.ts";
import type { OarnSettings } from "../settings.ts";
import type { Hints } from "./hints.ts";

export interface Found {
  readonly cid: string;
  readonly bytes: Uint8Array;
}

export interface ContentLimits {
  /** Bytes. */
  readonly model: number;
  readonly input: number;
  /** For one CID that is known to stand for the hash. */
  readonly fetchMs: number;
}

/** A CID that is only a guess is not waited for. */
const GUESS_MS = 10_000;

export function openContent(
  { storage }: Pick<OarnSettings, "storage">,
  ipfs: Pick<Ipfs, "get">,
  hints: Hints,
  clock: Clock,
): Content {
  const { maxModel: model, maxInput: input, fetchTimeout: fetchMs } = storage;
  return new Content(ipfs, hints, { model, input, fetchMs }, clock);
}

export class Content {
  readonly #clock: Clock;
  readonly #ipfs: Pick<Ipfs, "get">;
  readonly #hints: Hints;
  readonly #limits: ContentLimits;

  constructor(ipfs: Pick<Ipfs, "get">, hints: Hints, limits: ContentLimits, clock: Clock) {
    this.#clock = clock;
    this.#ipfs = ipfs;
    this.#hints = hints;
    this.#limits = limits;
  }

  /** @param named by the task's requirements @throws OarnError "oarn_content" that says what was tried */
  model(hash: Hex, named: string | undefined, signal: AbortSignal): Promise<Found> {
    return this.#find("model", hash, named, this.#limits.model, signal);
  }

  input(hash: Hex, named: string | undefined, signal: AbortSignal): Promise<Found> {
    return this.#find("input", hash, named, this.#limits.input, signal);
  }

  async #find(
    what: string,
    hash: Hex,
    named: string | undefined,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Found> {
    const tried: string[] = [];
    if (named !== undefined && !standsFor(named, hash)) tried.push(`${named} is not what its hash stands for`);
    const known = [named, ...this.#hints.of(hash)].filter((cid) => cid !== undefined && standsFor(cid, hash));
    const guesses = cidsOfDigest(hash).map((cid) => ({ cid, ms: GUESS_MS }));
    const candidates = [...new Set(known)].map((cid) => ({ cid: cid ?? "", ms: this.#limits.fetchMs }));
    for (const { cid, ms } of [...candidates, ...(candidates.length > 0 ? [] : guesses)]) {
      signal.throwIfAborted();
      const late = new AbortController();
      const cancel = this.#clock.after(ms, () => late.abort(new OarnError("oarn_content", 504, "it took too long")));
      try {
        const bytes = await this.#ipfs.get(cid, { maxBytes, signal: AbortSignal.any([signal, late.signal]) });
        return { cid, bytes };
      } catch (error) {
        signal.throwIfAborted();
        if (candidates.length > 0) tried.push(`${cid}: ${clean(messageOf(error))}`);
      } finally {
        cancel();
      }
    }
    const why = tried.length > 0 ? tried.join("; ") : "no CID for its hash is known";
    throw new OarnError("oarn_content", 502, `its ${what} cannot be had: ${why}`);
  }
}
