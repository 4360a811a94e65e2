// A provider's id: bytes on the chain; for people the text that these are, or their hex digits after "hex:".
import type { Hex } from "../../src/core/address.ts";
import { clean } from "../../src/lib/clean.ts";
import { ProviderError } from "./errors.ts";

/** Of the contract. */
const MAX_BYTES = 64;
const RAW = "hex:";

/** @throws ProviderError provider_id */
export function idOf(text: string): Hex {
  const digits = text.startsWith(RAW) ? text.slice(RAW.length).toLowerCase() : Buffer.from(text).toString("hex");
  const fits = /^([0-9a-f]{2})+$/.test(digits) && digits.length <= 2 * MAX_BYTES;
  if (fits) return `0x${digits}`;
  throw new ProviderError(
    "provider_id",
    `"${clean(text)}" is no id of a provider`,
    `An id is a text of 1 to ${MAX_BYTES} bytes, or as many bytes as hex digits after ${RAW}`,
  );
}

/** What `idOf` makes the same id of. */
export function idText(id: Hex): string {
  const bytes = Buffer.from(id.slice(2), "hex");
  const text = bytes.toString("utf8");
  const plain = text !== "" && clean(text) === text && Buffer.from(text).equals(bytes) && !text.startsWith(RAW);
  return plain ? text : `${RAW}${id.slice(2).toLowerCase()}`;
}
