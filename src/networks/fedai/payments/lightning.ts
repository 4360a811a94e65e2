// Asks the operator's service whether a payment was made; only a plain true is a yes.
import { z } from "zod";
import { type Clock, sleep } from "../../../core/clock.ts";
import type { Fetch } from "../../../lib/fetch.ts";
import { FedaiError } from "../errors.ts";
import { jsonOf } from "../json.ts";
import type { PaymentReceipt } from "../payloads.ts";
import { printable } from "../tokens.ts";
import type { PaymentSettings } from "./settings.ts";

export interface LightningPorts {
  readonly fetch: Fetch;
  readonly clock: Clock;
  random(): number;
}

const answerSchema = z.object({
  paid: z.boolean(),
  settledAtMs: z.number().nullish(),
  detail: z.string().nullish(),
});
const MOST_BYTES = 64 * 1024;
const MOST_JITTER_MS = 50;

/** Resolves when the payment was made. @throws FedaiError */
export async function verifyPayment(
  receipt: PaymentReceipt,
  { requirePreimage, verify }: PaymentSettings,
  ports: LightningPorts,
  signal: AbortSignal,
): Promise<void> {
  const { url, attempts } = verify;
  if (url === undefined) return;
  const { invoice, paymentHash, preimage, amountSats, payeeId, requestId } = receipt;
  if (requirePreimage && preimage === undefined) throw refused("preimage-required");
  if (invoice === undefined && paymentHash === undefined && preimage === undefined) {
    throw refused("payment-proof-missing");
  }
  const body = JSON.stringify({ invoice, paymentHash, preimage, amountSats, payeeId, requestId });
  for (let attempt = 1; ; attempt++) {
    const answer = await ask(url, body, verify.timeout, ports, signal);
    if (typeof answer === "object") {
      if (answer.paid) return;
      throw refused("payment-unsettled", answer.detail ? printable(answer.detail) : undefined);
    }
    if (attempt >= attempts || signal.aborted) throw refused(answer);
    await sleep(ports.clock, delayBefore(attempt, verify, ports.random()), signal);
  }
}

/** The answer, or the word for having none: only that is asked again. */
async function ask(url: string, body: string, timeoutMs: number, ports: LightningPorts, signal: AbortSignal) {
  try {
    const headers = { "content-type": "application/json" };
    const reply = await ports.fetch(url, { method: "POST", headers, body, timeoutMs, maxBytes: MOST_BYTES, signal });
    if (reply.status < 200 || reply.status > 299) return "payment-verify-failed";
    const answer = answerSchema.safeParse(jsonOf(reply.body));
    return answer.success ? answer.data : "payment-verify-failed";
  } catch {
    return "payment-verify-error";
  }
}

function delayBefore(attempt: number, { minDelay, maxDelay }: PaymentSettings["verify"], random: number): number {
  const jitter = random * Math.min(MOST_JITTER_MS, minDelay);
  return Math.min(maxDelay, Math.min(maxDelay, minDelay * 2 ** (attempt - 1)) + jitter);
}

function refused(word: string, says?: string): FedaiError {
  return new FedaiError(word, 400, "the payment is not confirmed", says === undefined ? {} : { says });
}
