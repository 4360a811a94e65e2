// Kubo's HTTP API on this machine or beside it: blocks that can be verified, adding, pins.
import type { CID } from "multiformats/cid";
import { z } from "zod";
import type { FetchReply } from "../lib/fetch.ts";
import { mostCarBytes, readCar } from "./car.ts";
import { parseCid, RAW } from "./cid.ts";
import { type IpfsCode, IpfsError, quoted } from "./errors.ts";
import { type Layout, rebuild, rootOf } from "./layout.ts";
import { multipart } from "./multipart.ts";
import type { Source, SourcePorts } from "./source.ts";

export interface LocalApi extends Source {
  /** That it is there. */
  version(signal: AbortSignal): Promise<void>;
  /** Stores and pins in that layout. @returns the CID, which is that of the bytes */
  add(bytes: Uint8Array, name: string, layout: Layout, signal: AbortSignal): Promise<CID>;
  pin(cid: CID, signal: AbortSignal): Promise<void>;
  unpin(cid: CID, signal: AbortSignal): Promise<void>;
}

const MOST_REPLY_BYTES = 64 * 1024;
const apiError = z.object({ Message: z.string() });
/** For what needs no content. */
const SMALL_MS = 10_000;
const versioned = z.object({ Version: z.string() });
const added = z.object({ Hash: z.string() });
const pins = z.object({ Pins: z.array(z.string()).min(1) });

/** @param base "http://127.0.0.1:5001" */
export function localApi(base: string, ports: SourcePorts, uploads: SourcePorts): LocalApi {
  const { host } = new URL(base);
  const call = (command: string, query: Record<string, string>, signal: AbortSignal, more: Sent = {}) =>
    ports.fetch(commandUrl(base, command, query), {
      method: "POST",
      timeoutMs: ports.timeoutMs,
      maxBytes: MOST_REPLY_BYTES,
      signal,
      ...more,
    });

  return {
    host,
    async get(cid, want) {
      const { maxBytes, signal } = want;
      if (cid.code === RAW) {
        const block = await call("block/get", { arg: cid.toString() }, signal, { maxBytes });
        const rebuilt = await rebuild(cid, ok(block, "content_not_found").body, signal);
        if (!rebuilt) throw new IpfsError("content_false", "the block that came is not what the CID says");
        return rebuilt.verified;
      }
      // Were it cut, blocks would be missing: the error that Kubo appends need not be read.
      const car = await call("dag/export", { arg: cid.toString(), progress: "false" }, signal, {
        maxBytes: mostCarBytes(maxBytes),
      });
      return readCar(cid, ok(car, "content_not_found").body, want);
    },

    async version(signal) {
      const timeoutMs = Math.min(ports.timeoutMs, SMALL_MS);
      const reply = ok(await call("version", {}, signal, { timeoutMs }), "upload_failed");
      parsed(versioned, textOf(reply.body), "upload_failed");
    },

    async add(bytes, name, layout, signal) {
      const expected = await rootOf(bytes, layout, signal);
      // All that decides about the CID is said: a daemon's own settings may differ.
      const query = {
        pin: "true",
        "cid-version": String(layout.cidVersion),
        "raw-leaves": String(layout.rawLeaves),
        chunker: `size-${layout.chunkBytes}`,
        progress: "false",
      };
      const reply = await call("add", query, signal, {
        ...(await multipart("path", name, bytes)),
        timeoutMs: uploads.timeoutMs,
      });
      const hash = parsed(added, lastLine(ok(reply, "upload_failed").body), "upload_failed").Hash;
      if (!parseCid(hash).equals(expected)) {
        throw new IpfsError("upload_failed", `it stored ${quoted(hash)}, which is not the CID of the bytes`);
      }
      return expected;
    },

    async pin(cid, signal) {
      const reply = await call("pin/add", { arg: cid.toString(), recursive: "true", progress: "false" }, signal);
      const { Pins } = parsed(pins, lastLine(ok(reply, "pin_failed").body), "pin_failed");
      if (!Pins.includes(cid.toString())) throw new IpfsError("pin_failed", "its answer does not name the CID");
    },

    async unpin(cid, signal) {
      const reply = await call("pin/rm", { arg: cid.toString(), recursive: "true" }, signal);
      if (reply.status !== 200 && /not pinned/.test(messageOf(reply))) return;
      ok(reply, "pin_failed");
    },
  };
}

interface Sent {
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
}

function commandUrl(base: string, command: string, query: Readonly<Record<string, string>>): string {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, "").replace(/\/api\/v0$/, "")}/api/v0/${command}`;
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

function ok(reply: FetchReply, code: IpfsCode): FetchReply {
  if (reply.status === 200) return reply;
  const said = messageOf(reply);
  throw new IpfsError(code, `it answered ${reply.status}${said && `: ${quoted(said)}`}`);
}

function messageOf({ body }: FetchReply): string {
  const error = apiError.safeParse(jsonOf(textOf(body)));
  return error.success ? error.data.Message : "";
}

/** Answers may be lines of progress; the last one tells the end. */
function lastLine(body: Uint8Array): string {
  return textOf(body).trimEnd().split("\n").at(-1) ?? "";
}

function parsed<T>(schema: z.ZodType<T>, text: string, code: IpfsCode): T {
  const result = schema.safeParse(jsonOf(text));
  if (result.success) return result.data;
  throw new IpfsError(code, `its answer is not understood: ${quoted(text)}`);
}

function textOf(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
