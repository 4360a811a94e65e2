// Pinata: keeps a file for a token. What it says it keeps is believed only when that is the CID of the bytes.
import type { CID } from "multiformats/cid";
import { z } from "zod";
import type { Secret } from "../core/secret.ts";
import { parseCid } from "./cid.ts";
import { IpfsError } from "./errors.ts";
import { type Layout, rebuild } from "./layout.ts";
import { multipart } from "./multipart.ts";
import type { SourcePorts } from "./source.ts";

export interface PinataOptions {
  /** The whole URL that files are sent to. */
  readonly url: string;
  readonly jwt: Secret;
}

export interface Pinata {
  readonly host: string;
  add(bytes: Uint8Array, name: string, signal: AbortSignal): Promise<{ cid: CID; layout: Layout }>;
}

const MOST_REPLY_BYTES = 64 * 1024;
const DENIED = [401, 403];
/** The older and the newer form. */
const reply = z.union([
  z.object({ IpfsHash: z.string() }).transform(({ IpfsHash }) => IpfsHash),
  z.object({ data: z.object({ cid: z.string() }) }).transform(({ data }) => data.cid),
]);

export function openPinata({ url, jwt }: PinataOptions, ports: SourcePorts): Pinata {
  return {
    host: new URL(url).host,
    async add(bytes, name, signal) {
      const form = await multipart("file", name, bytes);
      const { status, body } = await ports.fetch(url, {
        method: "POST",
        headers: { ...form.headers, authorization: `Bearer ${jwt.reveal()}` },
        body: form.body,
        timeoutMs: ports.timeoutMs,
        maxBytes: MOST_REPLY_BYTES,
        signal,
      });
      if (DENIED.includes(status)) {
        throw new IpfsError("upload_denied", `it answered ${status}: the token is not accepted`, {
          hint: "Check the JWT of the IPFS upload.",
        });
      }
      if (status < 200 || status > 299) throw new IpfsError("upload_failed", `it answered ${status}`);
      const cid = cidIn(body);
      const rebuilt = await rebuild(cid, bytes, signal);
      if (!rebuilt) throw new IpfsError("upload_failed", `it names ${cid}, which is not the CID of the bytes`);
      return { cid, layout: rebuilt.layout };
    },
  };
}

function cidIn(body: Uint8Array): CID {
  try {
    return parseCid(reply.parse(JSON.parse(new TextDecoder().decode(body))));
  } catch (cause) {
    throw new IpfsError("upload_failed", "its answer names no CID", { cause });
  }
}
