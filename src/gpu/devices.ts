// Which GPUs this machine has: asked of the vendors' tools by systeminformation, in the background, and kept.
import { graphics, type Systeminformation } from "systeminformation";
import { type Clock, sleep } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { GpuStats } from "../core/gpu.ts";
import type { Log } from "../core/log.ts";

/** Display adapters of virtual machines have other vendors; they compute nothing. */
const GPU_VENDOR = /nvidia|advanced micro devices|\bamd\b|\bati\b|apple|intel/i;
const PROBE_INTERVAL_MS = 30_000;
const READ_LIMIT_MS = 10_000;

export interface GpuProbePorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly read?: () => Promise<Systeminformation.GraphicsData>;
}

export class GpuProbe {
  readonly #ports: GpuProbePorts;
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
      await sleep(this.#ports.clock, PROBE_INTERVAL_MS, signal);
    }
  }

  /** A vendor's tool may hang with its driver. */
  #tooLong(): Promise<never> {
    return new Promise((_, reject) => {
      this.#ports.clock.after(READ_LIMIT_MS, () =>
        reject(new Error(`no answer of the vendor's tool within ${READ_LIMIT_MS} ms`)),
      );
    });
  }

  async #read(): Promise<readonly GpuStats[]> {
    const read = this.#ports.read ?? graphics;
    try {
      return gpusOf(await Promise.race([read(), this.#tooLong()]));
    } catch (error) {
      this.#ports.log.warn({ error: messageOf(error) }, "GPU probe failed");
      return [];
    }
  }
}

/** The devices that compute, as far as the tools tell; a number that is missing or no number stays absent. */
export function gpusOf({ controllers }: Systeminformation.GraphicsData): GpuStats[] {
  return controllers
    .filter(({ vendor, model }) => GPU_VENDOR.test(`${vendor} ${model}`))
    .flatMap((card) => {
      const unified = /apple/i.test(`${card.vendor} ${card.model}`);
      const total = positive(card.memoryTotal) ?? positive(card.vram);
      if (total === undefined && !unified) return [];
      return [
        {
          name: card.name || card.model,
          driverVersion: card.driverVersion || undefined,
          vramTotalMb: total,
          vramUsedMb: known(card.memoryUsed),
          vramFreeMb: known(card.memoryFree),
          utilizationGpuPct: known(card.utilizationGpu),
          utilizationMemPct: known(card.utilizationMemory),
          unifiedMemory: unified || undefined,
        },
      ];
    });
}

function known(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) && value >= 0 ? value : undefined;
}

function positive(value: number | null | undefined): number | undefined {
  return value ? known(value) : undefined;
}
