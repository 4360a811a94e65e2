// POST /infer and /infer/stream: the checks in the wire's order, a payment that is claimed, a place, and the work.
import type { HttpCall } from "../../../core/network.ts";
import type { ReplayGuard } from "../../../core/replay.ts";
import { Deadlines } from "../../../lib/deadlines.ts";
import type { Access } from "../access.ts";
import { FedaiError } from "../errors.ts";
import type { FedaiNode } from "../fedai-node.ts";
import { claimNonce } from "../nonces/claim.ts";
import { Delegated } from "../offload/delegated.ts";
import type { Offload } from "../offload/offload.ts";
import { type InferenceRequest, inferEnvelope } from "../payloads.ts";
import type { Payments } from "../payments/payments.ts";
import type { Hold } from "../payments/spent.ts";
import type { RateLimit } from "../rate-limit.ts";
import { type Message, receive } from "../receive.ts";
import { noPlace } from "./failure.ts";
import { checkLimits } from "./limits.ts";
import { type Answer, runInference } from "./run.ts";
import { finishedStream, frame, streamResponse, unlessSilent } from "./stream.ts";
import { type Tally, tally } from "./tally.ts";

export interface InferParts {
  readonly node: FedaiNode;
  readonly access: Access;
  readonly rate: RateLimit;
  readonly nonces: ReplayGuard;
  readonly payments: Payments;
  readonly offload: Offload;
}

interface Paid {
  readonly message: Message<InferenceRequest>;
  readonly hold: Hold;
}

/** How long a stream's first word is waited for before the answer begins: until then a failure is a status. */
const FIRST_WORD_MS = 15_000;

export class Inference {
  readonly #parts: InferParts;
  readonly #deadlines: Deadlines;

  constructor(parts: InferParts) {
    this.#parts = parts;
    this.#deadlines = new Deadlines(parts.node.ports.clock);
  }

  /** Answers whole. */
  async whole(call: HttpCall): Promise<Response> {
    const end = tally(this.#parts.node, "infer", call);
    try {
      const paid = await this.#admit(call, end);
      const answer = await this.#answer(call, paid, (text) => lastOf(text));
      end(200);
      return Response.json(answer instanceof Delegated ? answer.raw : answer);
    } catch (error) {
      throw end.failed(error);
    }
  }

  /** Answers as server-sent events; whatever fails before the first word is a status. */
  async streamed(call: HttpCall): Promise<Response> {
    const end = tally(this.#parts.node, "infer-stream", call);
    try {
      const paid = await this.#admit(call, end);
      const answer = await this.#answer(call, paid, (text, leave) => this.#stream(call, paid, { text, leave, end }));
      if (answer instanceof Response) return answer;
      end(200);
      return finishedStream([...oneChunk(answer), frame("final", answer.raw)]);
    } catch (error) {
      throw end.failed(error);
    }
  }

  async #admit(call: HttpCall, end: Tally): Promise<Paid> {
    const { node, access, rate, nonces, payments } = this.#parts;
    const { clock, schnorr } = node.ports;
    const message = await receive(call, inferEnvelope, schnorr);
    const { envelope, signer } = message;
    call.note.caller = signer;
    end.of(envelope.payload.requestId);
    const refusal = access.refusal(signer);
    if (refusal) throw refusal;
    if (!rate.admits(signer)) throw new FedaiError("rate-limited", 429, "this key calls too often");
    checkLimits(node, envelope.payload);
    await claimNonce(nonces, clock, signer, envelope);
    // Not before: whoever sends a caller's request again is not that caller.
    end.admitted();
    try {
      return { message, hold: await payments.claim(envelope.payload, call.signal) };
    } catch (error) {
      node.metrics.receiptRefused();
      throw error;
    }
  }

  /** By this node or, where it cannot and may ask, by another; a payment that bought nothing is given back. */
  async #answer<T>(
    call: HttpCall,
    { message, hold }: Paid,
    use: (text: AsyncGenerator<string, Answer, void>, leave: () => void) => Promise<T>,
  ): Promise<T | Delegated> {
    const { node, offload } = this.#parts;
    try {
      const release = node.load.begin();
      if (!release) {
        const delegated = await offload(message, call);
        if (delegated) return delegated;
        throw noPlace();
      }
      const leaving = new AbortController();
      const signal = AbortSignal.any([call.signal, leaving.signal]);
      const job = { id: call.id, request: message.envelope.payload, caller: message.signer, signal, release };
      try {
        return await use(runInference(node, job), () => leaving.abort());
      } catch (error) {
        const mayPass = error instanceof FedaiError && error.status >= 500 && !call.signal.aborted;
        const delegated = mayPass ? await offload(message, call).catch(() => undefined) : undefined;
        if (delegated) return delegated;
        throw error;
      }
    } catch (error) {
      hold.release();
      throw error;
    }
  }

  async #stream(call: HttpCall, { message, hold }: Paid, { text, leave, end }: Streaming): Promise<Response> {
    const { settings, ports } = this.#parts.node;
    const first = text.next();
    // What comes of it is seen by whoever waits for it, now or in the stream.
    first.catch(() => {});
    await unlessSilent(first, ports.clock, FIRST_WORD_MS);
    const ended = call.holdOpen();
    return streamResponse({
      request: message.envelope.payload,
      text,
      first,
      leave,
      exposeErrors: settings.exposeErrors,
      clock: ports.clock,
      deadlines: this.#deadlines,
      onEnd({ status, delivered }) {
        // Who takes the text and leaves before its end, or asks for more than the time allows, has had it all the same.
        const oursToBear = status >= 500 && status !== 504;
        if (status !== 200 && (oursToBear || !delivered)) hold.release();
        end(status);
        ended();
      },
    });
  }
}

interface Streaming {
  readonly text: AsyncGenerator<string, Answer, void>;
  readonly leave: () => void;
  readonly end: Tally;
}

async function lastOf(text: AsyncGenerator<string, Answer, void>): Promise<Answer> {
  for (;;) {
    const step = await text.next();
    if (step.done) return step.value;
  }
}

/** What another node answered as a whole: it says its text once, as the network's own nodes do. */
function oneChunk({ payload }: Delegated): string[] {
  const { requestId, modelId, output } = payload;
  return output === "" ? [] : [frame("chunk", { requestId, modelId, delta: output, index: 0 })];
}
