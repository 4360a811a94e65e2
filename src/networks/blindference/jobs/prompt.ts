// The prompt of a job: its key is decrypted for us while its encrypted text is fetched, and only memory ever holds it open.

import { joinKey, openText } from "../blob.ts";
import { BlindferenceError } from "../errors.ts";
import type { Facts } from "./facts.ts";
import type { JobPorts } from "./ports.ts";

/** Initialisation vector and tag. */
const HEAD_BYTES = 28;

/** @throws BlindferenceError, IpfsError */
export async function obtainPrompt(ports: JobPorts, facts: Facts, signal: AbortSignal): Promise<string> {
  const { cofhe, ipfs, maxPrompt } = ports;
  const { handles } = facts;
  if (!cofhe || !handles) throw new BlindferenceError("blindference_job", "there is no key of the prompt");
  // Whichever fails first stops the other.
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  try {
    const [halves, blob] = await Promise.all([
      cofhe.decrypt({ high: BigInt(handles.high), low: BigInt(handles.low) }, both),
      ipfs.get(facts.promptCid, { maxBytes: maxPrompt + HEAD_BYTES, signal: both }),
    ]);
    return openText(joinKey(halves), blob);
  } finally {
    failed.abort();
  }
}
