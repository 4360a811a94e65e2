// Looks now and then whether there is a newer release, where the operator wants that; it installs nothing.
import { type Clock, sleep } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Fetch } from "../lib/fetch.ts";
import { parseMinisignKey } from "../lib/minisign.ts";
import { mendsHole, readRelease } from "./release.ts";
import { releaseFiles } from "./source.ts";
import { compareVersions } from "./versions.ts";

export interface ReleaseSource {
  /** Folder or https:// URL; undefined: this program was not told. */
  readonly from: string | undefined;
  /** minisign public key of its maker. */
  readonly publicKey: string | undefined;
}

export interface Available {
  readonly version: string;
  /** Whether it, or one between, mends a hole. */
  readonly security: boolean;
}

export interface ReleaseWatchOptions extends ReleaseSource {
  /** Milliseconds; 0: nobody is ever asked. */
  readonly interval: number;
  /** Of this program. */
  readonly version: string;
  /** What is known already, until it has looked. */
  readonly known?: Available | undefined;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Log;
}

export class ReleaseWatch {
  /** Newer than this program; undefined: nothing is, or that is not known. */
  available: Available | undefined;
  readonly #options: ReleaseWatchOptions;
  #failing = false;

  constructor(options: ReleaseWatchOptions) {
    this.#options = options;
    if (options.interval > 0) this.available = options.known;
  }

  /** Whether it looks for releases of that maker. */
  isOf(from: string | undefined, publicKey: string | undefined): boolean {
    return this.#options.from === from && this.#options.publicKey === publicKey;
  }

  /** Looks until the signal aborts, at once and then at each interval. */
  async run(signal: AbortSignal): Promise<void> {
    const { interval, clock } = this.#options;
    while (interval > 0 && !signal.aborted) {
      await this.look();
      await sleep(clock, interval, signal);
    }
  }

  /** What was found before stays when nothing can be found out now. */
  async look(): Promise<void> {
    const { version, log } = this.#options;
    try {
      const before = this.available;
      this.available = await this.#newer();
      if (this.available && this.available.version !== before?.version)
        log.warn({ ...this.available, runs: version }, "a newer fxn is there: fxn update");
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) log.warn({ error: messageOf(error) }, "whether there is a newer fxn could not be found out");
      this.#failing = true;
    }
  }

  async #newer(): Promise<Available | undefined> {
    const { from, publicKey, version, fetch } = this.#options;
    if (from === undefined || publicKey === undefined)
      throw new Error(
        "this file was not told where releases are and who signs them: set update.from and update.publicKey",
      );
    const files = releaseFiles(from, fetch);
    const release = await readRelease(files, parseMinisignKey(publicKey));
    if (compareVersions(release.version, version) <= 0) return undefined;
    return { version: release.version, security: await mendsHole(files, release, version) };
  }
}
