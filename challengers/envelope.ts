// What the body of a request to /challenge is: {"type": string, "payload": …}.
import { z } from "zod";
import { ChallengeError } from "./errors.ts";

const envelope = z.object({ type: z.string(), payload: z.unknown().optional() });

/** Throws ChallengeError invalid_body or invalid_challenge. */
export function parseEnvelope(body: Uint8Array): { type: string; payload?: unknown } {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    // The parser's message quotes the body, which must not reach the log.
    throw new ChallengeError("invalid_body", 400, "the body is not JSON");
  }
  const parsed = envelope.safeParse(json);
  if (!parsed.success) throw new ChallengeError("invalid_challenge", 400, `expected {"type": string, "payload": …}`);
  return parsed.data;
}
