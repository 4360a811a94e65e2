// What a matmul engine is: one way to multiply matrices on one device, the same for every one in the table.
import type { ComputeDevice, EngineKind, Precision } from "../core/compute.ts";
import type { ExactProduct, Multiplied, Product } from "../matrix/kernels.ts";

/** A and B of a proof: their entries follow from the seed (src/matrix/philox.ts). */
export interface ExactSpec {
  /** 32 bytes. */
  readonly seed: Uint8Array;
  readonly k: number;
  readonly n: number;
  /** The most rows that will be asked for in one call. */
  readonly maxRows: number;
}

/** One call at a time. Every method throws EngineError, or the signal's reason once it has aborted. */
export interface MatmulEngine {
  readonly kind: EngineKind;
  readonly device: ComputeDevice;
  readonly precisions: readonly Precision[];
  multiply(product: Product, signal: AbortSignal): Promise<Multiplied>;
  exact(spec: ExactSpec, signal: AbortSignal): Promise<ExactProduct>;
  close(): void;
}

export interface EngineOptions {
  /** CPU threads; 0: as many as there are. */
  readonly threads: number;
  /** Whether an adapter that computes on the CPU counts as a GPU: for tests. */
  readonly softwareAdapter: boolean;
}

export interface EngineFamily {
  readonly kind: EngineKind;
  /** One engine per device that works; throws EngineError "engine_missing" that says why there is none. */
  open(options: EngineOptions): Promise<readonly MatmulEngine[]>;
}
