// CoFHE's threshold network: asked to seal a number for our permit, and asked again until it has.
import { z } from "zod";
import { type Clock, sleep } from "../../../core/clock.ts";
import { messageOf } from "../../../core/errors.ts";
import { clean } from "../../../lib/clean.ts";
import type { Fetch, FetchReply } from "../../../lib/fetch.ts";
import { CHAIN_ID } from "../contracts/addresses.ts";
import { BlindferenceError } from "../errors.ts";
import type { Permission } from "./permit.ts";
import type { SealedBox } from "./sealed-box.ts";

const TIMEOUT_MS = 15_000;
const MAX_BYTES = 256 * 1024;
const LONGEST_MS = 5 * 60 * 1000;
const MOST_WAIT_MS = 10_000;
/** Not computed yet. */
const NOT_YET = 204;

export interface ThresholdPorts {
  readonly fetch: Fetch;
  readonly clock: Clock;
}

const byteArray = z
  .array(z.int().min(0).max(255))
  .max(4096)
  .transform((values) => Uint8Array.from(values));
const box = z
  .object({ data: byteArray, public_key: byteArray, nonce: byteArray })
  .transform(({ data, public_key: publicKey, nonce }): SealedBox => ({ data, publicKey, nonce }));
const flat = z.object({ sealed_data: byteArray, ephemeral_public_key: byteArray, nonce: byteArray }).transform(
  (sealed): SealedBox => ({
    data: sealed.sealed_data,
    publicKey: sealed.ephemeral_public_key,
    nonce: sealed.nonce,
  }),
);
const atOnce = z.union([z.object({ sealed: box }).transform(({ sealed }) => sealed), flat]);
const later = z.object({ request_id: z.string().regex(/^[\w.-]{1,200}$/) });
const progress = z.object({
  status: z.string(),
  is_succeed: z.boolean().nullish(),
  sealed: box.nullish(),
  error_message: z.string().nullish(),
});

/** @param base of the network's URL @throws BlindferenceError blindference_cofhe */
export async function sealOutput(
  base: string,
  handle: bigint,
  permission: Permission,
  ports: ThresholdPorts,
  signal: AbortSignal,
): Promise<SealedBox> {
  const { clock } = ports;
  const began = clock.monotonic();
  const url = `${base}/v2/sealoutput`;
  const body = JSON.stringify({
    ct_tempkey: handle.toString(16).padStart(64, "0"),
    host_chain_id: CHAIN_ID,
    permit: permission,
  });
  let request: string | undefined;
  for (;;) {
    const reply =
      request === undefined
        ? await ask(url, { method: "POST", headers: { "content-type": "application/json" }, body })
        : await ask(`${url}/${request}`, { method: "GET", headers: { accept: "application/json" } });
    const json = jsonOf(reply);
    const sealed = request === undefined ? atOnce.safeParse(json).data : finished(json);
    if (sealed) return sealed;
    if (request === undefined && reply.status !== NOT_YET) request = requestOf(json);
    const waited = clock.monotonic() - began;
    if (waited > LONGEST_MS) throw refusal("has not computed the number in five minutes");
    await sleep(clock, Math.min(MOST_WAIT_MS, 1000 * (1 + Math.floor(waited / 60_000))), signal);
    signal.throwIfAborted();
  }

  async function ask(target: string, options: { method: string; headers: Record<string, string>; body?: string }) {
    let reply: FetchReply;
    try {
      reply = await ports.fetch(target, { ...options, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, signal });
    } catch (error) {
      throw refusal(`cannot be asked: ${messageOf(error)}`);
    }
    if (reply.status === 403) {
      throw refusal("refuses: this node was not given access to the number", {
        hint: "Access is given on chain, by whoever stored the job's key, to the nodes of its quorum.",
      });
    }
    if (reply.status >= 400) throw refusal(`answered ${reply.status}`);
    return reply;
  }
}

function requestOf(json: unknown): string {
  const parsed = later.safeParse(json);
  if (!parsed.success) throw refusal("gave an answer that is not as it should be");
  return parsed.data.request_id;
}

/** Undefined: not yet. */
function finished(json: unknown): SealedBox | undefined {
  const parsed = progress.safeParse(json);
  if (!parsed.success) throw refusal("gave an answer that is not as it should be");
  const { status, is_succeed: succeeded, sealed, error_message: why } = parsed.data;
  if (status !== "COMPLETED") return undefined;
  if (succeeded === false || !sealed) throw refusal(`failed: ${clean(why ?? "no reason given")}`);
  return sealed;
}

function refusal(what: string, detail: { hint?: string } = {}): BlindferenceError {
  return new BlindferenceError("blindference_cofhe", `CoFHE's threshold network ${what}`, detail);
}

function jsonOf({ body }: FetchReply): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}
