// What of an answer is for its reader: end-to-end headers and plain bytes.
import { pipeline, Readable, type Transform } from "node:stream";
import zlib from "node:zlib";
import type { ReplyBody } from "../../core/backend.ts";
import { failureInBody } from "../http-error.ts";
import { listOf } from "./response-head.ts";

/** Headers of one connection, which mean nothing on the next (RFC 9110, 7.6.1). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
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

/** @param fields names in lower case, each followed by its value; repeated ones are joined */
export function endToEndHeaders(fields: readonly string[]): Map<string, string> {
  const named = listOf(fields, "connection");
  const headers = new Map<string, string>();
  for (let i = 0; i < fields.length; i += 2) {
    const [name = "", value = ""] = [fields[i], fields[i + 1]];
    if (HOP_BY_HOP.has(name) || named.includes(name)) continue;
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

/** The decoder that `headers` call for; they lose what is then no longer true. An encoding that is not known is left. */
export function takeDecoder(headers: Map<string, string>): Transform | undefined {
  const open = DECODERS[headers.get("content-encoding")?.trim().toLowerCase() ?? ""];
  if (!open) return undefined;
  headers.delete("content-encoding");
  headers.delete("content-length");
  return open();
}

export function decodedBody(body: AsyncIterable<Uint8Array>, decoder: Transform, host: string): ReplyBody {
  // pipeline destroys the decoder when the answer is cut, so reading from it throws; there is nothing to do here.
  const plain: AsyncIterable<Uint8Array> = pipeline(
    Readable.from(body, { objectMode: false }),
    decoder,
    () => undefined,
  );
  return {
    whole: () => undefined,
    async *[Symbol.asyncIterator]() {
      try {
        yield* plain;
      } catch (error) {
        throw failureInBody(error, host);
      }
    },
  };
}
