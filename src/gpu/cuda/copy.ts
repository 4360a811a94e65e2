// Matrices between the host's packed rows and the device's padded ones, in pieces that do not hold up the event loop.
import { ptr } from "bun:ffi";
import type { Context } from "./context.ts";
import { turn } from "./waiting.ts";

export interface Copy {
  readonly host: NodeJS.TypedArray;
  /** Bytes of a row on the host, where rows lie one after the other. */
  readonly rowBytes: number;
  readonly rows: number;
  readonly device: bigint;
  /** Bytes from one row to the next on the device. */
  readonly pitch: number;
}

/** The driver has copied the host's bytes when the call returns: the caller waits some milliseconds for so many. */
const PIECE_BYTES = 16 * 2 ** 20;

/** CU_MEMORYTYPE_HOST and CU_MEMORYTYPE_DEVICE */
const HOST = 1n;
const DEVICE = 2n;

/** The padding becomes zero. */
export async function upload(context: Context, copy: Copy, paddedRows: number, signal: AbortSignal): Promise<void> {
  if (copy.pitch !== copy.rowBytes || paddedRows !== copy.rows)
    context.call("cuMemsetD8Async", (call) => call(copy.device, 0, copy.pitch * paddedRows, context.stream));
  await inPieces(context, copy, toDevice, signal);
}

/** For when the device has nothing to do any more: the call would wait for it, and hold up everything here. */
export async function download(context: Context, copy: Copy, signal: AbortSignal): Promise<void> {
  await inPieces(context, copy, toHost, signal);
}

async function inPieces(
  context: Context,
  copy: Copy,
  describe: (copy: Copy, firstRow: number, rows: number) => BigUint64Array,
  signal: AbortSignal,
): Promise<void> {
  const rowsAtOnce = Math.max(1, Math.floor(PIECE_BYTES / copy.rowBytes));
  for (let row = 0; row < copy.rows; row += rowsAtOnce) {
    signal.throwIfAborted();
    const piece = describe(copy, row, Math.min(rowsAtOnce, copy.rows - row));
    context.call("cuMemcpy2DAsync_v2", (call) => call(piece, context.stream));
    await turn();
  }
}

function toDevice(copy: Copy, firstRow: number, rows: number): BigUint64Array {
  return memcpy2D(fromHost(copy, firstRow), onDevice(copy, firstRow), copy.rowBytes, rows);
}

function toHost(copy: Copy, firstRow: number, rows: number): BigUint64Array {
  return memcpy2D(onDevice(copy, firstRow), fromHost(copy, firstRow), copy.rowBytes, rows);
}

/** One side of CUDA_MEMCPY2D: x, y, memory type, host address, device address, array, pitch. */
function fromHost({ host, rowBytes }: Copy, row: number): bigint[] {
  return [0n, BigInt(row), HOST, BigInt(ptr(host)), 0n, 0n, BigInt(rowBytes)];
}

function onDevice({ device, pitch }: Copy, row: number): bigint[] {
  return [0n, BigInt(row), DEVICE, 0n, device, 0n, BigInt(pitch)];
}

/** CUDA_MEMCPY2D: source, destination, width in bytes, height; every field takes 8 bytes. */
function memcpy2D(from: bigint[], to: bigint[], width: number, height: number): BigUint64Array {
  return BigUint64Array.of(...from, ...to, BigInt(width), BigInt(height));
}
