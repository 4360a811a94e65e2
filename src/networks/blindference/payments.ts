// The payment service: what each job of this node came to, and all of it together.
import { parseEther } from "viem";
import { z } from "zod";
import { messageOf } from "../../core/errors.ts";
import type { Fetch } from "../../lib/fetch.ts";
import { BlindferenceError } from "./errors.ts";
import { parseLossless } from "./lossless-json.ts";

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 2 * 1024 * 1024;
export const MOST_JOBS = 100;

/** BLIND has 18 decimals. The service writes numbers or texts. */
const blind = z
  .union([z.number().nonnegative(), z.string(), z.bigint()])
  .transform((amount) => String(amount))
  .pipe(z.string().regex(/^\d{1,20}(\.\d{1,18})?$/))
  .transform((amount) => parseEther(amount));

const paidJob = z.object({
  job_id: z.string().max(200),
  role: z.string().max(40).nullish(),
  /** RUNNING, COMPLETED, FAILED or REFUNDED. */
  status: z.string().max(40),
  amount_blind_earned: blind.nullish(),
  model_id: z.string().max(200).nullish(),
  completed_at: z.union([z.string(), z.number()]).nullish(),
});
export type PaidJob = z.output<typeof paidJob>;

const paidJobs = z.object({ jobs: z.array(paidJob).max(MOST_JOBS) });
const total = z.object({ total_blind_earned: blind, jobs_count: z.int().nonnegative() });

export interface PaymentsPorts {
  readonly fetch: Fetch;
}

export class Payments {
  readonly #url: string;
  readonly #node: string;
  readonly #ports: PaymentsPorts;

  /** @param node its address in EIP-55's case */
  constructor(url: string, node: string, ports: PaymentsPorts) {
    this.#url = url;
    this.#node = node;
    this.#ports = ports;
  }

  /** The latest first, as the service has them. @throws BlindferenceError blindference_payments */
  async jobs(limit: number, signal?: AbortSignal): Promise<readonly PaidJob[]> {
    return (await this.#get(`jobs?limit=${Math.min(limit, MOST_JOBS)}`, paidJobs, signal)).jobs;
  }

  /** @throws BlindferenceError blindference_payments */
  async total(signal?: AbortSignal): Promise<z.output<typeof total>> {
    return this.#get("earnings", total, signal);
  }

  async #get<T>(what: string, answer: z.ZodType<T>, signal?: AbortSignal): Promise<T> {
    const { host } = new URL(this.#url);
    const refuse = (why: string) =>
      new BlindferenceError("blindference_payments", `the payment service at ${host} ${why}`);
    const url = `${this.#url}/v1/nodes/${this.#node}/${what}`;
    const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, ...(signal && { signal }) };
    const reply = await this.#ports
      .fetch(url, { headers: { accept: "application/json" }, ...limits })
      .catch((error) => {
        throw refuse(`cannot be asked: ${messageOf(error)}`);
      });
    if (reply.status !== 200) throw refuse(`answered ${reply.status}`);
    const parsed = answer.safeParse(jsonOf(reply.body));
    if (!parsed.success) throw refuse("gave an answer that is not as it should be");
    return parsed.data;
  }
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return parseLossless(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}
