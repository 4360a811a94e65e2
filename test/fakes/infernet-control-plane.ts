// A control plane of Infernet, as strict as its documents, in this process or on loopback, with faults to order.
import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../../src/core/clock.ts";
import { type Fetch, FetchError, type FetchOptions, type FetchReply } from "../../src/lib/fetch.ts";
import { ROUTES } from "./infernet-routes.ts";
import { InfernetStore, PlaneError, type PlaneEvent, type PlaneJob } from "./infernet-store.ts";
import { InfernetVerifier, type Schnorr } from "./infernet-verifier.ts";

/** What goes wrong with one request. */
export type Fault =
  /** An HTTP error, after the work was done or before it. */
  | { readonly kind: "status"; readonly status: number; readonly applied: boolean; readonly error?: string }
  /** The connection breaks, after the work was done or before it. */
  | { readonly kind: "lost"; readonly applied: boolean }
  /** What carries the request delivers it twice; the answer is that to the second. */
  | { readonly kind: "twice" }
  /** Arrives only after so long; the answer, too. */
  | { readonly kind: "slow"; readonly ms: number };

export interface PlaneReply {
  readonly status: number;
  readonly json: unknown;
}

export interface PlaneRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

const specs = z
  .looseObject({
    served_models: z.array(z.string()).catch([]),
    load: z
      .object({
        active_jobs: z.number().default(0),
        concurrency_cap: z.number().default(4),
        gpu_utilization_max: z.number().nullable().default(0),
      })
      .optional(),
  })
  .catch({ served_models: [] });

/** Whether its scheduler would give a node one more job. */
export function hasPlace(told: unknown): boolean {
  const { load } = specs.parse(told);
  return !load || (load.active_jobs < load.concurrency_cap && (load.gpu_utilization_max ?? 0) < 95);
}

export const PLANE = "https://plane.example";
const LIVE_MS = 2 * 60_000;

export class InfernetControlPlane {
  readonly store = new InfernetStore();
  readonly verifier: InfernetVerifier;
  /** Every request as it came, for a test to look at. */
  readonly seen: { path: string; headers: string; body: string }[] = [];
  /** Keeps what came; a long test has no use for it. */
  recording = true;
  /** Asked for each request. */
  fault: (path: string) => Fault | undefined = () => undefined;
  /** Milliseconds that its clock is ahead of the test's. */
  clockAhead = 0;
  /** Gives each job of a poll twice. */
  duplicates = false;
  /** How many of a job's events its public stream shows. */
  shown = Number.POSITIVE_INFINITY;
  /** No answer to anybody. */
  down = false;
  /** Of the device login: codes and what has become of them. */
  readonly codes = new Map<string, "pending" | "authorized" | "consumed">();
  readonly #clock: Clock;

  constructor(clock: Clock, schnorr: Schnorr) {
    this.#clock = clock;
    this.verifier = new InfernetVerifier(schnorr);
  }

  now(): number {
    return this.#clock.now() + this.clockAhead;
  }

  /** A process that was started anew: the nonces are gone, the database is not. */
  restart(): void {
    this.verifier.forget();
  }

  handle({ method, path, headers, body }: PlaneRequest): PlaneReply {
    if (this.recording) {
      this.seen.push({ path, headers: JSON.stringify([...headers]), body: Buffer.from(body).toString("utf8") });
    }
    try {
      return { status: 200, json: this.#answer(method, path, headers, body) };
    } catch (error) {
      if (error instanceof PlaneError) return { status: error.status, json: error.json };
      throw error;
    }
  }

  /** In place of the network. */
  readonly fetch: Fetch = async (url, options) => {
    const { pathname, search } = new URL(url);
    const path = pathname + search;
    const request = {
      method: options.method ?? "GET",
      path,
      headers: new Headers(options.headers instanceof Headers ? options.headers : { ...options.headers }),
      body:
        typeof options.body === "string" ? new TextEncoder().encode(options.body) : (options.body ?? new Uint8Array()),
    };
    const lost = new FetchError("fetch_failed", 502, "plane.example: connection reset");
    if (options.signal?.aborted) throw new FetchError("fetch_aborted", 499, "plane.example: the request was cancelled");
    if (this.down) throw new FetchError("fetch_failed", 502, "plane.example: connection refused");
    const fault = this.fault(path);
    if (fault?.kind === "slow") {
      // It arrives there even when nobody waits for the answer any more.
      return this.#within(options, (resolve) =>
        this.#clock.after(fault.ms, () => resolve(this.#reply(this.handle(request)))),
      );
    }
    if (fault?.kind === "twice") {
      this.handle(request);
      return this.#reply(this.handle(request));
    }
    if (fault && !fault.applied) {
      if (fault.kind === "lost") throw lost;
      return this.#reply({ status: fault.status, json: { error: fault.error ?? "out of order" } });
    }
    const job = /^\/api\/chat\/stream\/([^/]+)$/.exec(path)?.[1];
    if (job !== undefined && request.method === "GET") return this.#watch(job, options);
    const reply = this.handle(request);
    if (fault?.kind === "lost") throw lost;
    return this.#reply(fault ? { status: fault.status, json: { error: "out of order" } } : reply);
  };

  #reply({ status, json }: PlaneReply): FetchReply {
    const headers = new Headers({ date: new Date(this.now()).toUTCString() });
    return { status, headers, body: new TextEncoder().encode(JSON.stringify(json)) };
  }

  #watch(id: string, options: FetchOptions): Promise<FetchReply> {
    const job = this.store.jobs.get(id);
    if (!job) return Promise.resolve(this.#reply({ status: 404, json: { error: "job not found" } }));
    return this.#within(options, (resolve) => {
      const send = (text: string) => options.onPart?.(new TextEncoder().encode(text));
      this.watch(job, send, () => resolve(this.#reply({ status: 200, json: null })));
    });
  }

  /** Sends what is stored and what comes, until it has ended; the result stops it. */
  watch(job: PlaneJob, send: (text: string) => void, close: () => void): () => void {
    let sent = 0;
    const text = ({ event_type, data }: PlaneEvent, id: number) =>
      `id: ${id}\nevent: ${event_type}\ndata: ${JSON.stringify(data)}\n\n`;
    const more = () => {
      const fresh = job.events.slice(sent, this.shown);
      if (fresh.length > 0) send(fresh.map((event, i) => text(event, sent + i + 1)).join(""));
      sent += fresh.length;
      if (!fresh.some(({ event_type: type }) => type === "done" || type === "error")) return;
      job.watchers.delete(more);
      close();
    };
    send(`event: job\ndata: ${JSON.stringify({ id: job.id, status: job.status })}\n\n`);
    job.watchers.add(more);
    more();
    return () => void job.watchers.delete(more);
  }

  #within(options: FetchOptions, work: (resolve: (reply: FetchReply) => void) => unknown): Promise<FetchReply> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(options.timeoutMs, () =>
        reject(new FetchError("fetch_timeout", 504, `plane.example: no answer within ${options.timeoutMs} ms`)),
      );
      const onAbort = () => {
        cancel();
        reject(new FetchError("fetch_aborted", 499, "plane.example: the request was cancelled"));
      };
      options.signal?.addEventListener("abort", onAbort, { once: true });
      work((reply) => {
        cancel();
        options.signal?.removeEventListener("abort", onAbort);
        resolve(reply);
      });
    });
  }

  #answer(method: string, path: string, headers: Headers, body: Uint8Array): unknown {
    const open = this.#open(method, path, body);
    if (open !== undefined) return open;
    const [handler, id] = this.#route(path.split("?")[0] ?? "");
    const link = path === "/api/v1/user/pubkey/link";
    if (link && !/^Bearer ./.test(headers.get("authorization") ?? "")) {
      throw new PlaneError(401, "missing or invalid bearer token");
    }
    if (!handler && !link) throw new PlaneError(404, "not found");
    if (method !== "POST") throw new PlaneError(405, "method not allowed");
    const now = Math.floor(this.now() / 1000);
    const verdict = this.verifier.verify({ method, path, header: headers.get("x-infernet-auth") ?? "", body, now });
    if (!verdict.ok) throw new PlaneError(401, verdict.error);
    const read = parsed(body);
    if (link) return { data: this.#link(verdict.pubkey, headers.get("authorization") ?? "", read) };
    const data = handler?.(this.store, verdict.pubkey, read, id, this.now());
    return { data: this.duplicates ? doubled(data) : data };
  }

  #route(path: string) {
    for (const [pattern, handler] of Object.entries(ROUTES)) {
      const match = new RegExp(`^${pattern.replace(":id", "([^/]+)")}$`).exec(path);
      if (match) return [handler, decodeURIComponent(match[1] ?? "")] as const;
    }
    return [undefined, ""] as const;
  }

  #link(pubkey: string, user: string, { role, label }: Record<string, unknown>): object {
    const key = `${pubkey} ${role}`;
    const known = this.store.links.get(key);
    if (known && known.user !== user) {
      throw new PlaneError(409, "this pubkey/role is already linked to a different account");
    }
    const made = known ?? { id: randomUUID(), user, label: null };
    made.label = typeof label === "string" ? label : null;
    this.store.links.set(key, made);
    return {
      id: made.id,
      user_id: "user",
      pubkey,
      role,
      label: made.label,
      ...(known ? {} : { created_at: "now" }),
      created: !known,
    };
  }

  /** What needs no signature. */
  #open(method: string, path: string, body: Uint8Array): unknown {
    const status = /^\/api\/chat\/([^/]+)\/status$/.exec(path)?.[1];
    if (status !== undefined && method === "GET") {
      const job = this.store.jobs.get(status);
      if (!job) throw new PlaneError(404, "job not found");
      return { id: job.id, status: job.status, error: job.error };
    }
    if (path === "/api/chat" && method === "POST") return this.#chat(parsed(body));
    if (path === "/api/auth/cli/start" && method === "POST") {
      const code = randomUUID().slice(0, 8).toUpperCase();
      this.codes.set(code, "pending");
      const expires_at = new Date(this.now() + 600_000).toISOString();
      return { code, verify_url: `${PLANE}/auth/cli?code=${code}`, poll_url: `/api/auth/cli/poll/${code}`, expires_at };
    }
    const code = /^\/api\/auth\/cli\/poll\/(.+)$/.exec(path)?.[1];
    if (code === undefined) return undefined;
    const state = this.codes.get(code);
    if (state === "authorized") {
      this.codes.set(code, "consumed");
      const expiresAt = new Date(this.now() + 2_592_000_000).toISOString();
      return { status: "authorized", token: "header.payload.signature", userId: "u1", email: "a@b.example", expiresAt };
    }
    if (!state) throw new PlaneError(404, "not_found", { status: "not_found" });
    return { status: state };
  }

  /** As a client of the network: the first node that is fit for it gets the job. */
  #chat({ messages, modelName, maxTokens = 512, temperature = 0.7 }: Record<string, unknown>): object {
    const provider = this.store.rows.find((row) => {
      const { served_models: served } = specs.parse(row.specs);
      const serves = !modelName || served.some((name) => name === modelName);
      const free = hasPlace(row.specs);
      return (
        row.role === "provider" && row.status === "available" && this.now() - row.last_seen <= LIVE_MS && serves && free
      );
    });
    const job = this.store.addJob(provider, {
      model_name: typeof modelName === "string" ? modelName : null,
      input_spec: { messages, max_tokens: maxTokens, temperature },
    });
    if (!provider) throw new PlaneError(503, "no provider");
    return {
      jobId: job.id,
      status: job.status,
      source: "p2p",
      provider: { id: provider.id, name: provider.name, nodeId: provider.node_id, gpuModel: provider.gpu_model },
      streamUrl: `/api/chat/stream/${job.id}`,
    };
  }
}

function doubled(data: unknown): unknown {
  const poll = z.looseObject({ jobs: z.array(z.unknown()) }).safeParse(data);
  return poll.success ? { ...poll.data, jobs: poll.data.jobs.flatMap((job) => [job, job]) } : data;
}

function parsed(body: Uint8Array): Record<string, unknown> {
  const text = Buffer.from(body).toString("utf8");
  if (text === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new PlaneError(400, `invalid JSON body: ${error instanceof Error ? error.message : ""}`);
  }
  if (value === null) throw new PlaneError(500, "Cannot read properties of null (reading 'role')");
  return z.record(z.string(), z.unknown()).parse(value);
}
