// Used nonces in one JSON file of the reference's form: written before a claim is answered, many claims in one write.
import { mkdirSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { Clock } from "../../../core/clock.ts";
import type { Claim, ReplayGuard } from "../../../core/replay.ts";
import { readSmallFile } from "../../../lib/small-file.ts";
import { storeUnavailable } from "../../../store/errors.ts";
import { FedaiError } from "../errors.ts";
import { WINDOW_MS } from "./claim.ts";
import { nonceKey } from "./key.ts";

const fileSchema = z.object({ entries: z.record(z.string(), z.number()) });
const SWEEP_MS = 1000;

export class FileNonces implements ReplayGuard {
  readonly #path: string;
  readonly #clock: Clock;
  #entries: Map<string, number>;
  #claimed = false;
  #sweptAt = Number.NEGATIVE_INFINITY;
  #writing: Promise<void> | undefined;
  /** For all who come while a write is under way: it may not have what they need. */
  #next: Promise<void> | undefined;

  /** @throws FedaiError for a file that is there and cannot be read: an empty one in its place would let replays in */
  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
    this.#entries = new Map(entriesOf(path));
  }

  async claim(scope: string, nonce: string, at: number): Promise<Claim> {
    // Read again: whoever served before may have gone on after this was opened.
    if (!this.#claimed) this.#entries = new Map(entriesOf(this.#path));
    this.#claimed = true;
    this.#sweep();
    const key = nonceKey(scope, nonce);
    // The second form is what the reference wrote.
    if (this.#isUsed(key) || this.#isUsed(nonce)) return "replayed";
    // It stays used when it cannot be written: nobody was let in for it.
    this.#entries.set(key, at);
    try {
      await this.#written();
    } catch (cause) {
      throw storeUnavailable("claiming a nonce", cause);
    }
    return "fresh";
  }

  #isUsed(key: string): boolean {
    const at = this.#entries.get(key);
    return at !== undefined && at >= this.#clock.now() - WINDOW_MS;
  }

  #written(): Promise<void> {
    if (!this.#writing) {
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined;
      });
      return this.#writing;
    }
    this.#next ??= this.#writing
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.#written();
      });
    return this.#next;
  }

  async #write(): Promise<void> {
    const text = JSON.stringify({ entries: Object.fromEntries(this.#entries) });
    const temporary = `${this.#path}.tmp`;
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.#path);
  }

  #sweep(): void {
    const now = this.#clock.now();
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    for (const [key, at] of this.#entries) if (at < now - WINDOW_MS) this.#entries.delete(key);
  }
}

/** Ten minutes of far more requests than a node can answer. */
const MOST_BYTES = 100_000_000;

function entriesOf(path: string): [string, number][] {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return Object.entries(
      fileSchema.parse(JSON.parse(readSmallFile(path, { mostBytes: MOST_BYTES }).toString("utf8"))).entries,
    );
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw new FedaiError("nonce-file-broken", 500, `${path} cannot be read as a file of nonces`, {
      hint: "Put it out of the way when no request of the last ten minutes matters; replays of them would be let in.",
    });
  }
}
