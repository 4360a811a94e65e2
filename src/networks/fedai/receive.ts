// Takes a signed message in: body, JSON, schema, key, signature, in the wire's order.
import type { z } from "zod";
import type { HttpCall } from "../../core/network.ts";
import { detailsOf, type Received, type Schnorr, signerOf } from "./envelope.ts";
import { FedaiError } from "./errors.ts";

export interface Message<T> {
  readonly envelope: Received<T>;
  /** Who signed it, as hex. */
  readonly signer: string;
  /** As it came: passed on it must be the same. */
  readonly body: Uint8Array;
}

/** @throws FedaiError; HttpError for what the server refuses of a body */
export async function receive<T>(
  call: Pick<HttpCall, "body">,
  schema: z.ZodType<Received<T>>,
  schnorr: Schnorr,
): Promise<Message<T>> {
  const body = await call.body();
  if (body.length === 0) throw new FedaiError("empty-body", 400, "the request has no body");
  const parsed = schema.safeParse(jsonOf(body));
  if (!parsed.success) {
    throw new FedaiError("invalid-envelope", 400, "the message does not fit", { details: detailsOf(parsed.error) });
  }
  const signer = signerOf(parsed.data, schnorr);
  if ("pubkey" in signer) return { envelope: parsed.data, signer: signer.pubkey, body };
  throw new FedaiError(
    signer.fault,
    signer.fault === "invalid-key-id" ? 400 : 401,
    "the message's signer is not known",
  );
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    throw new FedaiError("invalid-json", 400, "the body is not JSON");
  }
}
