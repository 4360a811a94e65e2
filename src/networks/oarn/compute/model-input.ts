// The bytes of a task's input as the numbers that the model gets, by OARN's rules.
import { ModelError } from "./model-error.ts";

/**
 * A JSON array of numbers; else little-endian float32. Reference nodes take one 0 for all else: a made-up input, whose
 * result would be one that nobody asked for. It is declined, as is an array of none. Throws ModelError.
 */
export function numbersOf(input: Uint8Array): Float32Array {
  const numbers = ofJson(input) ?? ofBytes(input);
  if (!numbers) throw declined(`is no JSON array of numbers, and its ${input.length} bytes are no float32 values`);
  if (numbers.length === 0) throw declined("is an empty array");
  return numbers;
}

function ofJson(input: Uint8Array): Float32Array | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(input));
    return Array.isArray(value) && value.every(isNumber) ? Float32Array.from(value) : undefined;
  } catch {
    return undefined;
  }
}

/** Beyond float64 there is no JSON number for reference nodes either; beyond float32 it is infinite, as with them. */
function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function ofBytes(input: Uint8Array): Float32Array | undefined {
  const size = Float32Array.BYTES_PER_ELEMENT;
  if (input.length < size || input.length % size !== 0) return undefined;
  // All that this program is built for is little-endian. A copy, as the bytes may begin anywhere.
  return new Float32Array(input.slice().buffer);
}

function declined(why: string): ModelError {
  return new ModelError("model_declined", `the input ${why}`);
}
