// The headers of every request to the ICL: who asks, when, and a signature over the very text of the body and that time.
import type { EthereumAccount } from "../../core/ethereum.ts";

/** @param body the text that is sent; empty for GET @param seconds unix time */
export function signedHeaders(account: EthereumAccount, body: string, seconds: number): Record<string, string> {
  const timestamp = String(seconds);
  return {
    "X-Node-Address": account.checksumAddress,
    "X-Timestamp": timestamp,
    "X-Signature": `0x${account.signPersonal(body + timestamp)}`,
    "Content-Type": "application/json",
  };
}
