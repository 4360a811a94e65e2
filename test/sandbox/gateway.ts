// Signs requests as a gateway or the scheduler does; made with viem alone, so that it does not share our own mistakes.
import { createHash } from "node:crypto";
import type { PrivateKeyAccount } from "viem/accounts";

type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

export interface SignOptions {
  /** Unix seconds; default: now. */
  readonly timestamp?: number;
  /** Default: a random one. */
  readonly nonce?: string;
}

export interface SignedFetchOptions extends SignOptions {
  /** Changes the body after it was signed. */
  readonly alterBody?: (body: string) => string;
  /** Changes the headers after they were signed. */
  readonly alterHeaders?: (headers: Record<string, string>) => Record<string, string>;
}

/** The four headers of a signed request with that body. The same options give the same headers: a replay. */
export async function signedHeaders(
  account: PrivateKeyAccount,
  body: Uint8Array | string,
  { timestamp = Math.floor(Date.now() / 1000), nonce = randomNonce() }: SignOptions = {},
): Promise<Record<string, string>> {
  const bodyHash = createHash("sha256").update(body).digest("hex");
  return {
    "X-Address": account.address,
    "X-Timestamp": String(timestamp),
    "X-Nonce": nonce,
    "X-Signature": await account.signMessage({ message: `${bodyHash}.${timestamp}.${nonce}` }),
  };
}

/** For the `fetch` option of the `openai` SDK: signs exactly the bytes that are sent. */
export function signedFetch(account: PrivateKeyAccount, options: SignedFetchOptions = {}): Fetch {
  return async (input, init) => {
    const request = new Request(input instanceof Request ? input : new Request(String(input)), init);
    const body = new Uint8Array(await request.arrayBuffer());
    const signed = await signedHeaders(account, body, options);
    const sent = options.alterBody ? new TextEncoder().encode(options.alterBody(new TextDecoder().decode(body))) : body;
    for (const [name, value] of Object.entries(options.alterHeaders?.(signed) ?? signed))
      request.headers.set(name, value);
    return fetch(request.url, {
      method: request.method,
      headers: request.headers,
      body: sent.length > 0 ? sent : undefined,
      signal: init?.signal,
    });
  };
}

/** As the Go client makes them: 63 random bits in hex. */
function randomNonce(): string {
  const [random = 0n] = crypto.getRandomValues(new BigUint64Array(1));
  return (random >> 1n).toString(16);
}
