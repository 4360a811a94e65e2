// A product of matrices that the caller has: B goes to the device as a whole, A and C in panels of rows.
import type { Multiplied, Product } from "../../matrix/kernels.ts";
import type { Device } from "./device.ts";
import { TILE } from "./gemm-kernel.ts";
import type { Kernel } from "./kernel.ts";
import { Panels } from "./panels.ts";
import { planOf } from "./plan.ts";

/** @param gemm the kernel of the product's precision, which is not float64 */
export async function multiplyOn(
  device: Device,
  gemm: Kernel,
  { precision, m, k, n, a, b }: Product,
  signal: AbortSignal,
): Promise<Multiplied> {
  const plan = planOf(m, k, n, precision === "int8" ? 4 : 1, device.largestBuffer);
  const panels = new Panels(device, plan);
  try {
    for (const { buffer, column, columns, across } of panels.b) {
      const cutting = { matrix: b, pitch: n, row: 0, rows: k, column, columns };
      await panels.upload(buffer, across * TILE, cutting, signal);
    }
    const c = precision === "int8" ? new Int32Array(m * n) : new Float32Array(m * n);
    let computeMs = 0;
    for (let row = 0; row < m; row += plan.rows) {
      const rows = Math.min(plan.rows, m - row);
      await panels.upload(panels.a, plan.depth, { matrix: a, pitch: k, row, rows, column: 0, columns: k }, signal);
      computeMs += await panels.multiply(gemm, rows, c, n, row, signal);
    }
    return { c, computeMs };
  } finally {
    panels.close();
  }
}
