// Chat requests as gateways send them, signed ahead of time, in the form that the load generator reads.
import { writeFileSync } from "node:fs";
import { ecdsaSign } from "secp256k1";
import { hashMessage, hexToBytes } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { type Address, parseAddress } from "../../../src/core/address.ts";

const CALLERS = 8;
const BODY_BYTES = 560;

export interface Caller {
  readonly address: Address;
  readonly key: Uint8Array;
}

/** Some gateways with throw-away keys. */
export const callers: readonly Caller[] = Array.from({ length: CALLERS }, (_, at) => {
  const key = new Uint8Array(32).fill(at + 1);
  const address = parseAddress(privateKeyToAddress(`0x${Buffer.from(key).toString("hex")}`));
  if (!address) throw new Error("a key has an address");
  return { address, key };
});

export interface Route {
  readonly port: number;
  readonly path: string;
  /** That the gateway wants, besides those of a signed request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string;
}

/** 560 bytes of chat. */
export function chatText(model: string, stream: boolean): string {
  const text = (content: string) => JSON.stringify({ model, stream, messages: [{ role: "user", content }] });
  return text("Tell me about the village. ".repeat(BODY_BYTES).slice(0, BODY_BYTES - text("").length));
}

/** The headers of one request; signed by the native libsecp256k1 of an npm package, not by the product's own code. */
export function signedHeaders({ address, key }: Caller, bodyHash: string): Record<string, string> {
  const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), crypto.randomUUID()];
  const digest = hexToBytes(hashMessage(`${bodyHash}.${timestamp}.${nonce}`));
  const { signature, recid } = ecdsaSign(digest, key);
  const hex = `0x${Buffer.from(signature).toString("hex")}${(27 + recid).toString(16)}`;
  return { "X-Address": address, "X-Timestamp": timestamp, "X-Nonce": nonce, "X-Signature": hex };
}

export function sha256(body: string): string {
  return new Bun.CryptoHasher("sha256").update(body).digest("hex");
}

/** Requests of all callers in turn, each signed anew: each after its length, 4 bytes, little endian. */
export function writeRequests(file: string, count: number, route: Route, stream: boolean): void {
  const body = chatText(route.model, stream);
  const hash = sha256(body);
  const parts: Buffer[] = [];
  for (let at = 0; at < count; at++) {
    const caller = callers[at % CALLERS];
    if (!caller) throw new RangeError("no callers");
    const request = Buffer.from(requestText(route, body, signedHeaders(caller, hash)));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(request.length);
    parts.push(length, request);
  }
  writeFileSync(file, Buffer.concat(parts));
}

function requestText({ port, path, headers }: Route, body: string, signed: Record<string, string>): string {
  const all = {
    Host: `127.0.0.1:${port}`,
    "Content-Type": "application/json",
    "Content-Length": String(Buffer.byteLength(body)),
    ...headers,
    ...signed,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}
