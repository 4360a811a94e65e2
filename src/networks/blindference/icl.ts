// Signed calls to the ICL: a fresh signature for every attempt, one more attempt where there was no answer, sizes bounded.
import { z } from "zod";
import { type Clock, sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { EthereumAccount } from "../../core/ethereum.ts";
import { clean } from "../../lib/clean.ts";
import type { Fetch, FetchReply } from "../../lib/fetch.ts";
import { IclError } from "./errors.ts";
import { secureBase } from "./icl-url.ts";
import { parseLossless } from "./lossless-json.ts";
import { signedHeaders } from "./request-signing.ts";

const TIMEOUT_MS = 15_000;
const RETRY_MS = 1000;
const MAX_BYTES = 4 * 1024 * 1024;
/** Any of them, on any path, says that this node is not known. */
const UNKNOWN: readonly number[] = [401, 404];

export interface IclPorts {
  readonly fetch: Fetch;
  readonly account: EthereumAccount;
  readonly clock: Clock;
}

export interface IclOptions {
  readonly signal?: AbortSignal | undefined;
  /** Statuses that are answers like any other, and not about the node: a job's 404. */
  readonly expects?: readonly number[];
}

/** FastAPI's: a text, or a list of what is wrong with the body. */
const failure = z.object({
  detail: z.union([z.string(), z.array(z.looseObject({ msg: z.string() })).transform(([first]) => first?.msg ?? "")]),
});

export class Icl {
  readonly #base: string;
  readonly #ports: IclPorts;

  constructor(url: string, ports: IclPorts) {
    this.#base = secureBase(url);
    this.#ports = ports;
  }

  /** As logs name it. */
  get host(): string {
    return new URL(this.#base).host;
  }

  /** In EIP-55's case: the ICL compares it letter by letter. */
  get address(): string {
    return this.#ports.account.checksumAddress;
  }

  get<T>(path: string, answer: z.ZodType<T>, options: IclOptions = {}): Promise<T> {
    return this.#call("GET", path, "", answer, options);
  }

  post<T>(path: string, body: object, answer: z.ZodType<T>, options: IclOptions = {}): Promise<T> {
    return this.#call("POST", path, JSON.stringify(body), answer, options);
  }

  async #call<T>(
    method: "GET" | "POST",
    path: string,
    body: string,
    answer: z.ZodType<T>,
    { signal, expects = [] }: IclOptions,
  ): Promise<T> {
    const reply = await this.#twice(method, path, body, signal);
    const json = jsonOf(reply);
    if (reply.status >= 400) throw this.#failure(path, reply.status, json, expects);
    const parsed = answer.safeParse(json);
    if (parsed.success) return parsed.data;
    throw new IclError("icl_unsure", reply.status, `${path}: the answer of ${this.host} is not as it should be`);
  }

  /** A lost answer and a server's time-out are worth one more attempt: everything that is asked may be asked twice. */
  async #twice(method: "GET" | "POST", path: string, body: string, signal?: AbortSignal): Promise<FetchReply> {
    try {
      const reply = await this.#send(method, path, body, signal);
      if (reply.status !== 408 && reply.status !== 504) return reply;
    } catch (error) {
      if (signal?.aborted) throw error;
    }
    await sleep(this.#ports.clock, RETRY_MS, signal);
    return this.#send(method, path, body, signal);
  }

  async #send(method: "GET" | "POST", path: string, body: string, signal?: AbortSignal): Promise<FetchReply> {
    const { account, clock } = this.#ports;
    try {
      return await this.#ports.fetch(`${this.#base}${path}`, {
        method,
        headers: signedHeaders(account, body, Math.floor(clock.now() / 1000)),
        ...(method === "POST" && { body }),
        timeoutMs: TIMEOUT_MS,
        maxBytes: MAX_BYTES,
        ...(signal && { signal }),
      });
    } catch (error) {
      throw new IclError("icl_unsure", undefined, `${path}: ${messageOf(error)}`, { cause: error });
    }
  }

  #failure(path: string, status: number, json: unknown, expects: readonly number[]): IclError {
    const said = failure.safeParse(json);
    const why = said.success ? clean(said.data.detail) : `HTTP ${status}`;
    const message = `${path}: ${this.host} said: ${why}`;
    if (UNKNOWN.includes(status) && !expects.includes(status)) return new IclError("icl_node_unknown", status, message);
    return new IclError(status < 500 && status !== 429 ? "icl_refused" : "icl_unsure", status, message);
  }
}

function jsonOf({ body }: FetchReply): unknown {
  try {
    return parseLossless(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}
