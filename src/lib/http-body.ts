// The body of a model server's answer: how it is framed, decompressed and read, with a deadline on silence.
import type { IncomingMessage } from "node:http";
import { pipeline, type Readable, type Transform } from "node:stream";
import zlib from "node:zlib";

export type Framing = "length" | "chunked" | "close";

/** Headers of one connection, which mean nothing on the next (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Each flushes what it has: an event must not wait in a decompressor for the next one. */
const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH }),
  "x-gzip": () => zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH }),
  deflate: () => zlib.createInflate({ flush: zlib.constants.Z_SYNC_FLUSH }),
  br: () => zlib.createBrotliDecompress({ flush: zlib.constants.BROTLI_OPERATION_FLUSH }),
  zstd: () => zlib.createZstdDecompress({ flush: zlib.constants.ZSTD_e_flush }),
};

export interface Decoded {
  readonly headers: Headers;
  readonly framing: Framing;
  readonly source: Readable;
}

/** End-to-end headers and the plain bytes; an encoding that is not known is left, and so is its header. */
export function decodeResponse(response: IncomingMessage, hasBody: boolean): Decoded {
  const headers = endToEndHeaders(response.rawHeaders);
  const decoder = hasBody ? DECODERS[headers.get("content-encoding")?.trim().toLowerCase() ?? ""] : undefined;
  const framing = framingOf(response, hasBody);
  if (!decoder) return { headers, framing, source: response };
  headers.delete("content-encoding");
  headers.delete("content-length");
  // pipeline destroys the decoder when the answer is cut, so reading from it throws; there is nothing to do here.
  const source = pipeline(response, decoder(), () => undefined);
  return { headers, framing, source };
}

function endToEndHeaders(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < raw.length; i += 2) headers.append(raw[i] ?? "", raw[i + 1] ?? "");
  const named = headers.get("connection")?.split(",") ?? [];
  for (const name of [...HOP_BY_HOP, ...named.map((text) => text.trim().toLowerCase())]) {
    if (/^[\w-]+$/.test(name)) headers.delete(name);
  }
  return headers;
}

function framingOf(response: IncomingMessage, hasBody: boolean): Framing {
  if (!hasBody || response.headers["content-length"] !== undefined) return "length";
  return /\bchunked\b/i.test(response.headers["transfer-encoding"] ?? "") ? "chunked" : "close";
}
