// How the end of an answer's body is told, and what makes that ambiguous (RFC 9112, 6).
import { FramingError } from "../http-error.ts";
import { type ResponseHead, valuesOf } from "./response-head.ts";

export type BodyFraming =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" }
  /** The end of the connection is the end of the body. */
  | { readonly kind: "close" };

/** @param toHead whether HEAD was asked, whose answers have headers of a body and none. Throws FramingError. */
export function bodyFraming({ status, fields }: ResponseHead, toHead: boolean): BodyFraming {
  const lengths = valuesOf(fields, "content-length");
  const codings = valuesOf(fields, "transfer-encoding");
  const [length] = lengths;
  // Both, or two of one: response smuggling lives of readers that choose differently.
  if (lengths.length > 1 || (length !== undefined && !/^\d{1,15}$/.test(length))) {
    throw new FramingError("a content-length that is not one number");
  }
  if (codings.length > 0 && length !== undefined) throw new FramingError("both content-length and transfer-encoding");
  // No other coding was asked for.
  if (codings.length > 0 && (codings.length > 1 || codings[0]?.toLowerCase() !== "chunked")) {
    throw new FramingError("a transfer-encoding that is not chunked");
  }
  if (toHead || status === 204 || status === 304) return { kind: "none" };
  if (codings.length > 0) return { kind: "chunked" };
  if (length !== undefined) return { kind: "length", bytes: Number(length) };
  return { kind: "close" };
}
