// Signed calls to a control plane: an origin over https, a fresh envelope for every attempt, a clock that follows its Date.
import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { NostrIdentity } from "../../core/nostr.ts";
import { clean } from "../../lib/clean.ts";
import type { Fetch, FetchReply } from "../../lib/fetch.ts";
import { ENVELOPE_HEADER, sealRequest } from "./envelope.ts";
import { ControlPlaneError } from "./errors.ts";
import { originOf } from "./origin.ts";
import { isRefusal } from "./refusals.ts";

export const TIMEOUT_MS = 15_000;
const MAX_BYTES = 16 * 1024 * 1024;
const NONCE_BYTES = 16;
/** Both sides count whole seconds; less is no reason to correct. */
const OUTSIDE_WINDOW = /^timestamp outside replay window/;

export interface ControlPlanePorts {
  readonly fetch: Fetch;
  readonly identity: NostrIdentity;
  readonly clock: Clock;
  readonly log: Log;
}

interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

const failure = z.object({ error: z.string() });
const success = z.object({ data: z.unknown() });

export class ControlPlane {
  readonly origin: string;
  readonly #ports: ControlPlanePorts;
  /** What is added to our clock, milliseconds. */
  #offsetMs = 0;

  constructor(url: string, ports: ControlPlanePorts) {
    this.origin = originOf(url);
    this.#ports = ports;
  }

  get pubkey(): string {
    return this.#ports.identity.pubkey;
  }

  /** Its host, as logs name it. */
  get host(): string {
    return new URL(this.origin).host;
  }

  get clockOffsetMs(): number {
    return this.#offsetMs;
  }

  /** POST, signed. Gives `data` of the answer. Throws ControlPlaneError. */
  async call<T>(path: string, body: object, data: z.ZodType<T>, options: CallOptions = {}): Promise<T> {
    try {
      return await this.#attempt(path, body, data, options);
    } catch (error) {
      if (!(error instanceof ClockError)) throw error;
      this.#follow(error.offsetMs);
      // It was refused before it was looked at, so that asking again is safe.
      return this.#attempt(path, body, data, options);
    }
  }

  /** GET or POST without a signature: what anybody may ask. */
  async open(
    method: "GET" | "POST",
    path: string,
    options: { timeoutMs?: number; signal?: AbortSignal | undefined; onPart?: (part: Uint8Array) => void } = {},
  ): Promise<{ status: number; json: unknown }> {
    const { timeoutMs = TIMEOUT_MS, signal, onPart } = options;
    const reply = await this.#send(path, {
      method,
      headers: { accept: onPart ? "text/event-stream" : "application/json" },
      timeoutMs,
      maxBytes: MAX_BYTES,
      ...(signal && { signal }),
      ...(onPart && { onPart }),
    });
    return { status: reply.status, json: jsonOf(reply) };
  }

  async #attempt<T>(path: string, body: object, data: z.ZodType<T>, options: CallOptions): Promise<T> {
    const { identity, clock } = this.#ports;
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    const sentAt = clock.now();
    const createdAt = Math.floor((sentAt + this.#offsetMs) / 1000);
    const nonce = randomBytes(NONCE_BYTES).toString("hex");
    const envelope = sealRequest({ method: "POST", path, createdAt, nonce, body: bytes }, identity);
    const reply = await this.#send(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...options.headers, [ENVELOPE_HEADER]: envelope },
      body: bytes,
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      maxBytes: MAX_BYTES,
      ...(options.signal && { signal: options.signal }),
    });
    const json = jsonOf(reply);
    if (reply.status < 200 || reply.status > 299) throw this.#failure(path, reply, json, sentAt);
    const answer = success.safeParse(json);
    const parsed = data.safeParse(answer.data?.data);
    if (parsed.success) return parsed.data;
    throw new ControlPlaneError(false, reply.status, `${path}: the answer of ${this.host} is not as it should be`);
  }

  async #send(path: string, options: Parameters<Fetch>[1]): Promise<FetchReply> {
    try {
      return await this.#ports.fetch(`${this.origin}${path}`, options);
    } catch (error) {
      throw new ControlPlaneError(false, undefined, `${path}: ${messageOf(error)}`, { cause: error });
    }
  }

  #failure(path: string, reply: FetchReply, json: unknown, sentAt: number): Error {
    const said = failure.safeParse(json);
    const why = said.success ? clean(said.data.error) : `HTTP ${reply.status}`;
    const message = `${path}: ${this.host} said: ${why}`;
    if (reply.status === 401 && OUTSIDE_WINDOW.test(why)) {
      const date = Date.parse(reply.headers.get("date") ?? "");
      if (Number.isFinite(date)) {
        const between = (sentAt + this.#ports.clock.now()) / 2;
        return new ClockError(date + 500 - between, message);
      }
    }
    const refused = said.success && isRefusal(reply.status, why);
    return new ControlPlaneError(refused, reply.status, message, { ...hintOf(why), ownWords: said.success });
  }

  #follow(offsetMs: number): void {
    this.#offsetMs = offsetMs;
    this.#ports.log.warn(
      { offsetSeconds: Math.round(offsetMs / 1000) },
      "this machine's clock is not the control plane's: requests follow its clock; set yours right",
    );
  }
}

/** The signed time was not its own; by how much, it said. */
class ClockError extends ControlPlaneError {
  readonly offsetMs: number;

  constructor(offsetMs: number, message: string) {
    super(true, 401, message, { hint: "Set this machine's clock." });
    this.offsetMs = offsetMs;
  }
}

function hintOf(why: string): { hint?: string } {
  if (why.startsWith("JSON object requested, multiple")) {
    return { hint: "Two nodes are registered with this key: remove one, or give this node a key of its own." };
  }
  if (why === "node_id is registered to a different pubkey") {
    return { hint: "Set networks.infernet.nodeId to a name of your own, or use the key with which it was registered." };
  }
  return {};
}

function jsonOf({ body }: FetchReply): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}
