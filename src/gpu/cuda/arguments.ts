// The arguments of a kernel as cuLaunchKernel takes them: an array of pointers to the values.
import { ptr } from "bun:ffi";

/**
 * Pointers and values lie in one array, pointers first: whoever passes the array to the call keeps all of it alive.
 * Every value has 8 bytes of its own; of a u32 the driver reads the first four (all hosts are little-endian).
 * @param values device addresses as bigint, u32 as number
 */
export function kernelArguments(values: readonly (bigint | number)[]): BigUint64Array {
  const packed = new BigUint64Array(2 * values.length);
  if (values.length === 0) return packed;
  const start = BigInt(ptr(packed)) + BigInt(8 * values.length);
  values.forEach((value, i) => {
    packed[i] = start + BigInt(8 * i);
    packed[values.length + i] = BigInt(value);
  });
  return packed;
}
