// The caller's side of the Function Network's signed requests: the four headers for a body.
import { bodyHash, requestMessage } from "../lib/request-message.ts";
import type { Signer } from "./signer.ts";

interface SignedRequestHeaders extends Record<string, string> {
  "X-Address": string;
  "X-Timestamp": string;
  "X-Nonce": string;
  "X-Signature": string;
}

/**
 * @param body the very bytes that are sent; empty for a request without one
 * @param moment `now` in milliseconds; `nonce` printable ASCII, used once
 */
export function signRequest(
  signer: Signer,
  body: Uint8Array,
  moment: { readonly now: number; readonly nonce: string },
): SignedRequestHeaders {
  const timestamp = String(Math.floor(moment.now / 1000));
  return {
    "X-Address": signer.checksumAddress,
    "X-Timestamp": timestamp,
    "X-Nonce": moment.nonce,
    "X-Signature": signer.signPersonal(requestMessage(bodyHash().update(body), timestamp, moment.nonce)),
  };
}
