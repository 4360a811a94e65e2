// A router of fed_AI, as strict as the real one: it checks what nodes send, forwards clients' requests, cools nodes down; faults to order.
import { z } from "zod";
import type { NostrIdentity } from "../../src/core/nostr.ts";
import {
  type Envelope,
  envelopeOf,
  type Received,
  type Schnorr,
  seal,
  signatureOf,
  signerOf,
} from "../../src/networks/fedai/envelope.ts";
import {
  type InferenceRequest,
  inferAnswer,
  type NodeDescriptor,
  nodeDescriptor,
  nodeOffloadRequest,
} from "../../src/networks/fedai/payloads.ts";
import { estimateTokens } from "../../src/networks/fedai/tokens.ts";
import { verify } from "./fedai-ports.ts";
import { framesOf } from "./fedai-rig.ts";

/** "down" takes nothing and "lost answer" takes it; neither answers in time. */
export type Fault = "down" | "500" | "429" | "slow" | "lost answer" | "twice";

interface Known {
  readonly descriptor: NodeDescriptor;
  readonly heartbeatAt: number;
  failures: number;
  cooledUntil: number;
}

export interface Outcome {
  readonly status: number;
  /** Of the node, when it was taken. */
  readonly output?: string;
  readonly error?: string;
  /** Pieces of a stream. */
  readonly deltas?: readonly string[];
}

export interface RouterOptions {
  /** How it calls nodes; default: over sockets. */
  readonly send?: (url: string, init: { method: string; body: string }) => Promise<Response>;
  /** How it checks signatures; default: as they are. */
  readonly schnorr?: Schnorr;
}

const WINDOW_MS = 300_000;
const ACTIVE_MS = 30_000;
const COOL_DOWN_MS = 30_000;

export class FakeFedaiRouter {
  readonly identity: NostrIdentity;
  readonly nodes = new Map<string, Known>();
  /** Every word that register-node answered with, in order. */
  readonly answers: string[] = [];
  readonly manifests: unknown[] = [];
  /** Taken one by one for calls of register-node. */
  readonly faults: Fault[] = [];
  /** Milliseconds that its clock is ahead. */
  skew = 0;
  readonly #server: ReturnType<typeof Bun.serve>;
  readonly #clock: { now(): number };
  readonly #send: NonNullable<RouterOptions["send"]>;
  readonly #schnorr: Schnorr;
  #nonces = new Set<string>();
  #held: (() => void)[] = [];

  constructor(identity: NostrIdentity, clock: { now(): number }, options: RouterOptions = {}) {
    this.identity = identity;
    this.#clock = clock;
    this.#send = options.send ?? ((url, init) => fetch(url, init));
    this.#schnorr = options.schnorr ?? verify;
    this.#server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => this.serve(request) });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  /** Forgets everything but its key. */
  restart(): void {
    this.nodes.clear();
    this.#nonces = new Set();
  }

  /** Lets what a fault holds back go on. */
  letGo(): void {
    for (const go of this.#held.splice(0)) go();
  }

  stop(): void {
    this.letGo();
    this.#server.stop(true);
  }

  now(): number {
    return this.#clock.now() + this.skew;
  }

  /** Nodes that would be given work, the best first. */
  active(request?: InferenceRequest): Known[] {
    const now = this.now();
    return [...this.nodes.values()]
      .filter(({ heartbeatAt, cooledUntil }) => now - heartbeatAt <= ACTIVE_MS && now >= cooledUntil)
      .filter(({ descriptor }) => !request || fits(descriptor, request))
      .sort((a, b) => loadOf(a.descriptor) - loadOf(b.descriptor));
  }

  /** What a client's request comes to: offered to each node in turn, under the client's nonce. */
  async infer(request: InferenceRequest, nonce: string = crypto.randomUUID()): Promise<Outcome> {
    let last: Outcome = { status: 503, error: "no-nodes-available" };
    for (const node of this.active(request)) {
      last = await this.#forward(node, request, nonce);
      if (last.status === 200) return last;
    }
    return last;
  }

  /** The best node alone: what has begun cannot be given to another. */
  async stream(request: InferenceRequest): Promise<Outcome> {
    const [node] = this.active(request);
    if (!node) return { status: 503, error: "no-nodes-available" };
    const reply = await this.#post(`${node.descriptor.endpoint}/infer/stream`, request, crypto.randomUUID());
    if (!reply?.ok) return this.#failed(node, { status: 502, error: "node-error" });
    if (!reply.headers.get("content-type")?.includes("text/event-stream")) {
      return this.#failed(node, { status: 502, error: "node-stream-unavailable" });
    }
    const text = await reply.text();
    const deltas: string[] = [];
    for (const { event, data } of framesOf(text)) {
      if (event === "chunk") deltas.push(data.delta);
      if (event === "error") return this.#failed(node, { status: 200, error: data.error, deltas });
      if (event === "final") return this.#judged(node, request, data, deltas);
    }
    return this.#failed(node, { status: 200, error: "stream-ended", deltas });
  }

  async #forward(node: Known, request: InferenceRequest, nonce: string): Promise<Outcome> {
    const reply = await this.#post(`${node.descriptor.endpoint}/infer`, request, nonce);
    if (!reply?.ok) {
      const said = reply ? z.object({ error: z.string() }).safeParse(await reply.json()).data?.error : undefined;
      return this.#failed(node, { status: 502, error: said ?? "node-error" });
    }
    return this.#judged(node, request, await reply.json());
  }

  #judged(node: Known, request: InferenceRequest, body: unknown, deltas?: readonly string[]): Outcome {
    const more = deltas && { deltas };
    const answer = inferAnswer.safeParse(body).data;
    if (!answer) return this.#failed(node, { status: 502, error: "invalid-node-response", ...more });
    const both = [answer.response, answer.metering];
    if (both.some(({ payload }) => payload.requestId !== request.requestId)) {
      return this.#failed(node, { status: 502, error: "request-id-mismatch", ...more });
    }
    const { keyId } = node.descriptor;
    if (!both.every((one) => one.keyId === keyId && "pubkey" in signerOf(one, this.#schnorr))) {
      return this.#failed(node, { status: 502, error: "invalid-node-signature", ...more });
    }
    node.failures = 0;
    return { status: 200, output: answer.response.payload.output, ...more };
  }

  #failed(node: Known, outcome: Outcome): Outcome {
    node.failures += 1;
    if (node.failures >= 3) node.cooledUntil = this.now() + COOL_DOWN_MS * Math.min(4, node.failures - 2);
    return outcome;
  }

  /** Signed anew, with the client's nonce. */
  async #post(url: string, payload: InferenceRequest, nonce: string): Promise<Response | undefined> {
    const body = { payload, nonce, ts: this.now(), keyId: this.identity.npub };
    const envelope: Envelope<InferenceRequest> = { ...body, sig: signatureOf(this.identity, body) };
    return this.#send(url, { method: "POST", body: JSON.stringify(envelope) }).catch(() => undefined);
  }

  /** What it answers. */
  async serve(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method === "GET" && pathname === "/health") {
      return Response.json({ ok: true }, { headers: { date: new Date(this.now()).toUTCString() } });
    }
    if (request.method !== "POST") return word(404, "not-found");
    if (pathname === "/register-node") return this.#registerUnderFaults(request);
    if (pathname === "/node/offload") return this.#offload(await request.json());
    if (pathname === "/manifest") {
      this.manifests.push(await request.json());
      return Response.json({ ok: true });
    }
    return word(404, "not-found");
  }

  async #registerUnderFaults(request: Request): Promise<Response> {
    const fault = this.faults.shift();
    const body: unknown = await request.json();
    if (fault === "down") {
      await this.#hold();
      return word(503, "down");
    }
    if (fault === "500") return word(500, "internal-error");
    if (fault === "429") return word(429, "rate-limited");
    if (fault === "slow") await this.#hold();
    const answer = this.#register(body);
    if (fault === "twice") return this.#register(body);
    if (fault === "lost answer") await this.#hold();
    return answer;
  }

  #hold(): Promise<void> {
    return new Promise((resolve) => this.#held.push(resolve));
  }

  #register(body: unknown): Response {
    const refused = (status: number, error: string) => {
      this.answers.push(error);
      return word(status, error);
    };
    const envelope = envelopeOf(nodeDescriptor).safeParse(body).data;
    if (!envelope) return refused(400, "invalid-envelope");
    const { payload } = envelope;
    const signer = signerOf(envelope, this.#schnorr);
    if ("fault" in signer && signer.fault === "invalid-key-id") return refused(400, "invalid-key-id");
    if (payload.keyId !== envelope.keyId) return refused(400, "key-id-mismatch");
    if (!URL.canParse(payload.endpoint)) return refused(400, "invalid-url");
    if (/\/$/.test(payload.endpoint)) return refused(400, "invalid-url");
    const replay = this.#replay(envelope);
    if (replay) return refused(400, replay);
    if ("fault" in signer) return refused(401, "invalid-signature");
    const known = this.nodes.get(payload.nodeId);
    this.nodes.set(payload.nodeId, {
      descriptor: payload,
      heartbeatAt: this.now(),
      failures: known?.failures ?? 0,
      cooledUntil: known?.cooledUntil ?? 0,
    });
    this.answers.push("ok");
    return Response.json({ ok: true });
  }

  #replay({ nonce, ts }: Received<unknown>): string | undefined {
    if (Math.abs(this.now() - ts) > WINDOW_MS) return "ts-out-of-window";
    if (this.#nonces.has(nonce)) return "nonce-reused";
    this.#nonces.add(nonce);
    return undefined;
  }

  /** Another node does it, and its answer is passed on as it is. */
  async #offload(body: unknown): Promise<Response> {
    const envelope = envelopeOf(nodeOffloadRequest).safeParse(body).data;
    if (!envelope) return word(400, "invalid-envelope");
    const { originNodeId, request, avoidNodeIds = [] } = envelope.payload;
    if (this.nodes.get(originNodeId)?.descriptor.keyId !== envelope.keyId) return word(403, "node-not-registered");
    if (!("pubkey" in signerOf(envelope, this.#schnorr))) return word(401, "invalid-signature");
    const replay = this.#replay(envelope);
    if (replay) return word(400, replay);
    for (const { descriptor } of this.active(request)) {
      if (descriptor.nodeId === originNodeId || avoidNodeIds.includes(descriptor.nodeId)) continue;
      const reply = await this.#post(`${descriptor.endpoint}/infer`, request, envelope.nonce);
      if (reply?.ok) return new Response(await reply.text());
    }
    return word(503, "no-nodes-available");
  }
}

function word(status: number, error: string): Response {
  return Response.json({ error }, { status });
}

function fits({ capabilities }: NodeDescriptor, { modelId, prompt, maxTokens, jobType }: InferenceRequest): boolean {
  return capabilities.some(
    (one) =>
      (one.modelId === modelId || modelId === "auto") &&
      (one.contextWindow === 0 || estimateTokens(prompt) + maxTokens <= one.contextWindow) &&
      (jobType === undefined || one.jobTypes?.includes(jobType)),
  );
}

function loadOf({ capacity }: NodeDescriptor): number {
  return capacity.maxConcurrent <= 0 ? 1 : capacity.currentLoad / capacity.maxConcurrent;
}

/** What a client pays with: the router's price for the node alone, without a fee. */
export function receiptFor(
  client: NostrIdentity,
  clock: { now(): number },
  nodeId: string,
  request: InferenceRequest,
  amountSats: number,
  more: object,
) {
  const payload = {
    requestId: request.requestId,
    payeeType: "node",
    payeeId: nodeId,
    amountSats,
    paidAtMs: clock.now(),
    ...more,
  };
  const at = { now: () => clock.now(), monotonic: () => 0, after: () => () => {} };
  return seal(client, at, payload);
}
