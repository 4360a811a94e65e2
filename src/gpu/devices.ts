// Which GPUs this machine has: probed in the background and kept, so that nobody waits for a vendor's tool.
import { type Clock, sleep } from "../core/clock.ts";
import type { GpuStats } from "../core/gpu.ts";
import type { Log } from "../core/log.ts";
import type { SourceReport } from "./facts/ask.ts";
import { mergeCards } from "./facts/merge.ts";

const PROBE_INTERVAL_MS = 30_000;
/** A tool that times out under load does not take the card away; one that fails for so long has no card to tell of. */
const KEEP_FACTS_MS = 5 * 60_000;

export interface GpuProbePorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Is told each reading of the background. */
  readonly onRead?: (gpus: readonly GpuStats[]) => void;
  /** Never rejects. */
  readonly read: () => Promise<readonly SourceReport[]>;
}

interface Answer {
  readonly at: number;
  readonly gpus: readonly GpuStats[];
}

export class GpuProbe {
  readonly #ports: GpuProbePorts;
  /** The last answer of each source. */
  readonly #answers = new Map<string, Answer>();
  /** Why each source fails, as the log was told. */
  readonly #told = new Map<string, string | undefined>();
  #first: Promise<readonly GpuStats[]> | undefined;
  #latest: readonly GpuStats[] | undefined;

  constructor(ports: GpuProbePorts) {
    this.#ports = ports;
  }

  /** The last reading; before the first one is there, its caller waits for it. */
  async current(): Promise<readonly GpuStats[]> {
    this.#first ??= this.#read();
    return this.#latest ?? this.#first;
  }

  /** The last reading, or none yet. */
  latest(): readonly GpuStats[] {
    return this.#latest ?? [];
  }

  /** Reads again and again until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#latest = await (this.#latest ? this.#read() : this.current());
      this.#ports.onRead?.(this.#latest);
      await sleep(this.#ports.clock, PROBE_INTERVAL_MS, signal);
    }
  }

  async #read(): Promise<readonly GpuStats[]> {
    const reports = await this.#ports.read();
    return mergeCards(reports.map((report) => this.#cardsOf(report)));
  }

  /** A source that fails now still stands for which cards there are, for a while, but not for what they do. */
  #cardsOf({ source, state, why, gpus }: SourceReport): readonly GpuStats[] {
    const now = this.#ports.clock.monotonic();
    if (state !== "failed") {
      this.#told.delete(source);
      this.#answers.set(source, { at: now, gpus });
      return gpus;
    }
    if (this.#told.get(source) !== why) {
      this.#told.set(source, why);
      this.#ports.log.warn({ source, error: why }, "GPU source failed");
    }
    const last = this.#answers.get(source);
    return last && now - last.at <= KEEP_FACTS_MS ? last.gpus.map(withoutFigures) : [];
  }
}

function withoutFigures(gpu: GpuStats): GpuStats {
  const { vramUsedMb, vramFreeMb, utilizationGpuPct, utilizationMemPct, temperatureC, powerW, ...facts } = gpu;
  return facts;
}
