// The joint between device probing and who reports devices: what is not known is absent, never 0.

export type GpuVendor = "nvidia" | "amd" | "apple" | "intel";

/** One device that work can run on: a card, or a MIG instance of one. */
export interface GpuStats {
  readonly name: string;
  readonly vendor: GpuVendor;
  readonly uuid?: string | undefined;
  /** "0000:65:00.0", in lower case; of a MIG instance: its card's. */
  readonly pciAddress?: string | undefined;
  readonly driverVersion?: string | undefined;
  /** MiB, as all memory here; the wire of the Function Network calls it MB. */
  readonly vramTotalMb?: number | undefined;
  readonly vramUsedMb?: number | undefined;
  readonly vramFreeMb?: number | undefined;
  /** 0 to 100. */
  readonly utilizationGpuPct?: number | undefined;
  /** How busy the memory's bus is, 0 to 100; not how full it is. */
  readonly utilizationMemPct?: number | undefined;
  readonly temperatureC?: number | undefined;
  readonly powerW?: number | undefined;
  readonly powerLimitW?: number | undefined;
  readonly unifiedMemory?: boolean | undefined;
}
