// What another node answered for a request: taken only when it is whole, signed, and by one key.
import type { FetchReply } from "../../../lib/fetch.ts";
import { type Schnorr, signerOf } from "../envelope.ts";
import { jsonOf } from "../json.ts";
import { type InferenceResponse, inferAnswer } from "../payloads.ts";

export class Delegated {
  /** As it came: it is passed on with all that was signed. */
  readonly raw: unknown;
  readonly payload: InferenceResponse;

  constructor(raw: unknown, payload: InferenceResponse) {
    this.raw = raw;
    this.payload = payload;
  }
}

export type DelegatedFault =
  | "invalid-offload-response"
  | "offload-request-mismatch"
  | "offload-key-mismatch"
  | "offload-signature-invalid";

/** @param key hex, when it must be that one */
export function delegatedFrom(
  { body }: FetchReply,
  requestId: string,
  schnorr: Schnorr,
  key?: string,
): Delegated | DelegatedFault {
  const raw = jsonOf(body);
  const parsed = inferAnswer.safeParse(raw);
  if (!parsed.success) return "invalid-offload-response";
  const { response, metering } = parsed.data;
  if (response.payload.requestId !== requestId || metering.payload.requestId !== requestId) {
    return "offload-request-mismatch";
  }
  const one = signerOf(response, schnorr);
  const other = signerOf(metering, schnorr);
  if (!("pubkey" in one && "pubkey" in other)) return "offload-signature-invalid";
  if (one.pubkey !== other.pubkey || (key !== undefined && one.pubkey !== key)) return "offload-key-mismatch";
  return new Delegated(raw, response.payload);
}
