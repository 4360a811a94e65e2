// Lightning for tests: invoices that decode, and a service that says whether they are paid, or fails to order.
import { createHash } from "node:crypto";
import { bech32 } from "@scure/base";

export interface Payment {
  readonly preimage: string;
  readonly paymentHash: string;
  readonly invoice: string;
}

/** @param amount as invoices write it: "10n" is one satoshi */
export function paymentOf(seed: string, amount = "1m"): Payment {
  const preimage = createHash("sha256").update(seed).digest();
  const hash = createHash("sha256").update(preimage).digest();
  const words = [0, 0, 0, 0, 0, 0, 1, 1, 1, 20, ...bech32.toWords(hash), ...new Array<number>(104).fill(0)];
  return {
    preimage: preimage.toString("hex"),
    paymentHash: hash.toString("hex"),
    invoice: bech32.encode(`lnbc${amount}`, words, false),
  };
}

export interface VerifyService {
  readonly url: string;
  /** What it was asked. */
  readonly asked: unknown[];
  /** What it answers, in turn; the last one goes on. */
  answers: (() => Response)[];
  stop(): void;
}

export function verifyService(): VerifyService {
  const asked: unknown[] = [];
  const service: VerifyService = {
    url: "",
    asked,
    answers: [() => Response.json({ paid: true })],
    stop: () => {},
  };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      asked.push(await request.json());
      const answer = service.answers.length > 1 ? service.answers.shift() : service.answers[0];
      return answer?.() ?? new Response(null, { status: 500 });
    },
  });
  return Object.assign(service, {
    url: `http://127.0.0.1:${server.port}/verify?token=t`,
    stop: () => server.stop(true),
  });
}
