// The joint between device probing and who reports devices: what is not known is absent, never 0.

export interface GpuStats {
  readonly name: string;
  readonly driverVersion: string | undefined;
  readonly vramTotalMb: number | undefined;
  readonly vramUsedMb: number | undefined;
  readonly vramFreeMb: number | undefined;
  readonly utilizationGpuPct: number | undefined;
  readonly utilizationMemPct: number | undefined;
  readonly unifiedMemory: boolean | undefined;
}
