// The CUDA engine: one per NVIDIA device, held open until it is closed.
import { type Clock, systemClock } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { ExactProduct, Multiplied, Product } from "../../matrix/kernels.ts";
import type { EngineFamily, ExactSpec, MatmulEngine } from "../engine.ts";
import { Context } from "./context.ts";
import { cublasNames, findCublas } from "./cublas.ts";
import { type DeviceFacts, factsOf } from "./device.ts";
import { Driver, driverNames } from "./driver.ts";
import { missing } from "./errors.ts";
import { CudaExact } from "./exact.ts";
import { Kernels } from "./kernels.ts";
import { Multiplier, type MultiplierParts } from "./multiplier.ts";
import { multiplyProduct } from "./product.ts";
import { releaseAll, releaseQuietly } from "./release.ts";

export interface CudaPorts {
  readonly clock: Clock;
  /** Names or paths of the libraries, in the order in which they are tried. */
  readonly driver: readonly string[];
  readonly cublas: readonly string[];
}

/** Compute capability × 10 for which kernels.ptx is made; newer devices run it, older ones do not. */
const LEAST_CAPABILITY = 70;

export function cudaFamily(ports: CudaPorts): EngineFamily {
  return { kind: "cuda", open: async () => openEngines(ports) };
}

export const cuda: EngineFamily = cudaFamily({
  clock: systemClock,
  driver: driverNames(process.platform, process.env),
  cublas: cublasNames(process.platform, process.env),
});

function openEngines(ports: CudaPorts): CudaEngine[] {
  const driver = new Driver(ports.driver);
  const engines: CudaEngine[] = [];
  const reasons: string[] = [];
  const count = driver.int("cuDeviceGetCount", (call, out) => call(out));
  for (let ordinal = 0; ordinal < count; ordinal++) {
    try {
      engines.push(new CudaEngine(ports, driver, ordinal));
    } catch (error) {
      reasons.push(`device ${ordinal}: ${messageOf(error)}`);
    }
  }
  if (engines.length === 0) throw missing(reasons.join("; ") || "the driver finds no device");
  return engines;
}

class CudaEngine implements MatmulEngine {
  readonly kind = "cuda";
  readonly precisions = ["float64", "float32", "int8"] as const;
  readonly device: MatmulEngine["device"];
  readonly #parts: MultiplierParts;
  readonly #multiplier: Multiplier;
  readonly #exact = new Set<CudaExact>();
  #closed = false;

  /** @throws Error when the device cannot be used */
  constructor({ clock, cublas }: CudaPorts, driver: Driver, ordinal: number) {
    const handle = driver.int("cuDeviceGet", (call, out) => call(out, ordinal));
    const facts = factsOf(driver, handle);
    if (facts.capability < LEAST_CAPABILITY)
      throw new Error(`compute capability ${facts.computeCapability} of ${facts.name} is below 7.0`);
    const context = new Context(driver, handle);
    try {
      const kernels = new Kernels(context);
      const { multiprocessors } = facts;
      this.#parts = { context, clock, kernels, cublas: findCublas(cublas, context), multiprocessors };
    } catch (error) {
      releaseQuietly(() => context.close());
      throw error;
    }
    this.#multiplier = new Multiplier(this.#parts);
    this.device = describe(facts, this.#parts);
  }

  multiply(product: Product, signal: AbortSignal): Promise<Multiplied> {
    return multiplyProduct(this.#parts, this.#multiplier, product, signal);
  }

  async exact(spec: ExactSpec, signal: AbortSignal): Promise<ExactProduct> {
    const exact = await CudaExact.open(this.#parts, this.#multiplier, spec, signal);
    this.#exact.add(exact);
    return {
      rows: (indices, rowsSignal) => exact.rows(indices, rowsSignal),
      close: () => {
        this.#exact.delete(exact);
        exact.close();
      },
    };
  }

  /** May be called again. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { context, kernels, cublas } = this.#parts;
    releaseAll([
      ...[...this.#exact].map((exact) => () => exact.close()),
      () => cublas?.close(),
      () => kernels.close(),
      () => context.close(),
    ]);
  }
}

function describe({ multiprocessors, capability, ...facts }: DeviceFacts, { cublas }: MultiplierParts) {
  // What ran is what is reported: float64, int8 and proofs are always computed by our own kernels.
  return { ...facts, api: cublas ? `cuBLAS ${cublas.version} for float32, else PTX` : "PTX" };
}
