// How a product is cut so that its parts fit into a device's buffers: columns of B, and as many rows of A at a time.
import { EngineError } from "../../core/compute.ts";
import { STEP, TILE } from "./gemm-kernel.ts";

/** Rows of A, and of C, that are on the device at a time take about as much: it also bounds what one read-back copies. */
const PANEL_BYTES = 2 ** 26;
/** Entries of C are float32 or int32. */
export const SUM_BYTES = 4;

/** Entries in a word along k. */
export type Packing = 1 | 4;

export interface ColumnPanel {
  readonly column: number;
  readonly columns: number;
  /** Tiles side by side. */
  readonly across: number;
}

export interface Plan {
  /** Bytes of one entry of A and B. */
  readonly entryBytes: number;
  /** Steps of the kernel along k. */
  readonly steps: number;
  /** k, made up to whole steps: entries of a row of A and rows of B, on the device. */
  readonly depth: number;
  /** Rows of A at a time; whole tiles. */
  readonly rows: number;
  readonly panels: readonly ColumnPanel[];
}

/** @param rows the most rows of A that are multiplied at once. @throws EngineError "engine_memory" */
export function planOf(rows: number, k: number, n: number, packing: Packing, largestBuffer: number): Plan {
  const entryBytes = 4 / packing;
  const steps = Math.ceil(k / (STEP * packing));
  const depth = steps * STEP * packing;
  const columns = tiles(Math.min(largestBuffer / (depth * entryBytes), PANEL_BYTES / SUM_BYTES / TILE)) * TILE;
  if (columns < TILE) {
    const need = depth * entryBytes * TILE;
    throw new EngineError(
      "engine_memory",
      503,
      `k = ${k} needs buffers of ${need} bytes; this device's end at ${largestBuffer}`,
    );
  }
  const widest = Math.min(columns, Math.ceil(n / TILE) * TILE);
  const fitting = tiles(PANEL_BYTES / Math.max(depth * entryBytes, widest * SUM_BYTES)) * TILE;
  return {
    entryBytes,
    steps,
    depth,
    rows: Math.min(Math.max(fitting, TILE), Math.ceil(rows / TILE) * TILE),
    panels: Array.from({ length: Math.ceil(n / widest) }, (_, i) => {
      const width = Math.min(widest, n - i * widest);
      return { column: i * widest, columns: width, across: Math.ceil(width / TILE) };
    }),
  };
}

function tiles(entries: number): number {
  return Math.floor(entries / TILE);
}
