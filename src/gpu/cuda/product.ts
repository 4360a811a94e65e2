// One product from the host and back: memory checked, operands up, multiplied, result down, memory freed.
import type { Precision } from "../../core/compute.ts";
import type { Multiplied, Product, Result } from "../../matrix/kernels.ts";
import { Buffers } from "./buffers.ts";
import { download, upload } from "./copy.ts";
import { THREADS } from "./kernels.ts";
import { type Layout, layoutOf } from "./layout.ts";
import type { Multiplier, MultiplierParts } from "./multiplier.ts";
import { releasing } from "./release.ts";
import { untilUnused } from "./waiting.ts";

const RESULTS: Readonly<Record<Precision, new (length: number) => Result>> = {
  float64: Float64Array,
  float32: Float32Array,
  int8: Int32Array,
};

/** @throws EngineError, the signal's reason, RangeError when an operand has not the size of its shape */
export async function multiplyProduct(
  parts: MultiplierParts,
  multiplier: Multiplier,
  product: Product,
  signal: AbortSignal,
): Promise<Multiplied> {
  const { context, clock } = parts;
  const { a, b, precision, m, k, n } = product;
  const layout = layoutOf(precision, product);
  const { operandBytes, padded, aBytes, bBytes, cBytes } = layout;
  // The driver would read beyond the end of an array that is too short.
  if (a.byteLength !== m * k * operandBytes || b.byteLength !== k * n * operandBytes)
    throw new RangeError(`operands of ${a.byteLength} and ${b.byteLength} bytes are no ${m}×${k} and ${k}×${n}`);
  signal.throwIfAborted();

  const packed = precision === "int8";
  const memory = new Buffers(context, aBytes + bBytes * (packed ? 2 : 1) + cBytes);
  const run = async () => {
    const onDevice = { a: memory.add(aBytes), b: memory.add(bBytes), c: memory.add(cBytes) };
    const aCopy = { host: a, rowBytes: k * operandBytes, rows: m, device: onDevice.a, pitch: padded.k * operandBytes };
    const bCopy = { host: b, rowBytes: n * operandBytes, rows: k, device: onDevice.b, pitch: padded.n * operandBytes };
    await upload(context, aCopy, padded.m, signal);
    await upload(context, bCopy, padded.k, signal);
    if (packed) onDevice.b = pack(parts, layout, onDevice.b, memory.add(bBytes));
    const computeMs = await multiplier.multiply(layout, onDevice, signal);
    const c = new RESULTS[precision](m * n);
    const { resultBytes } = layout;
    const cCopy = { host: c, rowBytes: n * resultBytes, rows: m, device: onDevice.c, pitch: padded.n * resultBytes };
    await download(context, cCopy, signal);
    return { c, computeMs };
  };
  return releasing(run, async () => {
    await untilUnused(clock, context);
    memory.free();
  });
}

/** B in words of four entries along k. @returns `to` */
function pack({ kernels }: MultiplierParts, { padded }: Layout, from: bigint, to: bigint): bigint {
  const width = padded.n / 4;
  const count = (padded.k / 4) * width;
  kernels.launch("pack_int8", Math.ceil(count / THREADS), [to, from, width, count]);
  return to;
}
