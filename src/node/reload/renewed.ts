// Work that follows from some settings: a reload that changes them begins another in its place, any other leaves it as it is.
import { sameValue } from "../../config/reload.ts";
import type { Config } from "../../config/schema.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { Crew } from "../../lib/crew.ts";
import { type Configured, NOTHING, type Prepared, type ReloadPart } from "./part.ts";

export interface RenewedOptions<Settings, Work> {
  readonly settings: (config: Config) => Settings;
  /** @param former whose place it takes */
  readonly open: (settings: Settings, former?: Work) => Work;
  readonly log: Log;
}

export class Renewed<Settings, Work extends { run(signal: AbortSignal): Promise<void> }> implements ReloadPart {
  readonly #options: RenewedOptions<Settings, Work>;
  readonly #crew: Crew;
  #settings: Settings;
  #now: Work;
  #leave: () => void;

  constructor(config: Config, options: RenewedOptions<Settings, Work>) {
    this.#options = options;
    this.#crew = new Crew((error) => options.log.error({ error: messageOf(error) }, "background work failed"));
    this.#settings = options.settings(config);
    this.#now = options.open(this.#settings);
    this.#leave = this.#begin(this.#now);
  }

  get now(): Work {
    return this.#now;
  }

  /** Until the signal aborts. May be called again. */
  run(signal: AbortSignal): Promise<void> {
    return this.#crew.run(signal);
  }

  async prepare({ config }: Configured): Promise<Prepared> {
    const settings = this.#options.settings(config);
    if (sameValue(settings, this.#settings)) return NOTHING;
    const next = this.#options.open(settings, this.#now);
    return {
      commit: () => {
        this.#leave();
        this.#settings = settings;
        this.#now = next;
        this.#leave = this.#begin(next);
      },
      discard() {},
    };
  }

  #begin(work: Work): () => void {
    return this.#crew.add((signal) => work.run(signal));
  }
}
