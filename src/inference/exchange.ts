// Asks model servers until one answers: another is tried only while nothing of an answer has reached the caller.
import { BackendError, type BackendFailure, type BackendReply } from "../core/backend.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { asPart } from "../core/trace.ts";
import type { InferenceMetrics } from "../observe/metrics/inference.ts";
import type { Answer } from "./answer.ts";
import { InferenceError } from "./errors.ts";
import { headersToBackend } from "./headers.ts";
import { outgoingBody } from "./outgoing-body.ts";
import type { Lease, Member, ModelPool } from "./pool.ts";
import type { InferenceRequest } from "./request.ts";

export interface Job {
  readonly answer: Answer;
  readonly request: InferenceRequest;
  readonly pool: ModelPool;
  /** What the body's model becomes at a server that has no name of its own for it; undefined leaves it. */
  readonly modelName: string | undefined;
}

/** What a server answered, and whether its usage chunk is for us alone. */
export interface Reply extends BackendReply {
  readonly dropUsage: boolean;
}

export interface ExchangePorts {
  readonly log: Log;
  readonly metrics: InferenceMetrics;
  readonly userAgent: string;
}

const MAX_TRIES = 3;
/** The request was not answered, and another server may well answer it. */
const RETRY_FAILURES: ReadonlySet<BackendFailure> = new Set([
  "connect_failed",
  "connect_timeout",
  "reset",
  "first_byte_timeout",
]);
const SICK = new Set([502, 503, 504]);
const BUSY = 429;

/**
 * The answer of the first server that gives one; 502, 503, 504 and 429 only when no other can be asked at once.
 * @param lease the place that the first try takes
 * Throws InferenceError.
 */
export async function exchange(job: Job, lease: Lease, ports: ExchangePorts): Promise<Reply> {
  const { answer, pool } = job;
  const { path, network } = answer.call;
  const tried = new Set<Member>();
  let place = lease;
  for (;;) {
    tried.add(place.member);
    const more = tried.size < MAX_TRIES;
    let next: Lease | undefined;
    try {
      const reply = await ask(job, place, ports);
      if (reply.status >= 400) answer.traced?.fail(String(reply.status));
      if (SICK.has(reply.status)) place.ticket.failed(`it answered ${reply.status}`);
      else place.ticket.answered();
      const move = more && (SICK.has(reply.status) || reply.status === BUSY);
      next = move ? pool.tryAcquire(path, tried, network) : undefined;
      if (!next) return reply;
      noteRetry(job, place, `it answered ${reply.status}`, ports);
      answer.abandon();
    } catch (error) {
      answer.traced?.fail(error instanceof BackendError ? error.code : "internal");
      answer.throwIfLeft();
      if (error instanceof BackendError) place.ticket.failed(error.message);
      else place.ticket.dropped();
      answer.abandon();
      if (!more || !mayRetry(error) || !pool.hasOther(path, tried)) throw refusal(error);
      noteRetry(job, place, messageOf(error), ports);
      next = await asPart(answer.call.trace, "queue", () => pool.acquire(path, tried, network, () => answer.left));
    }
    place = next;
  }
}

async function ask({ answer, request, modelName }: Job, place: Lease, ports: ExchangePorts): Promise<Reply> {
  const signal = answer.begin(place);
  const trace = answer.traceCall(place.member);
  const { id, method, path, search, headers } = answer.call;
  const { upstream, config } = place.member;
  const { body, dropUsage } = outgoingBody(answer.call, request, config, modelName);
  const facts = { requestId: id, userAgent: ports.userAgent, json: request.json !== undefined, trace };
  const reply = await upstream.backend.send(
    {
      method,
      path: path + search,
      headers: headersToBackend(headers, facts),
      body: method === "GET" ? undefined : body,
    },
    signal,
  );
  answer.traced?.set("http.response.status_code", reply.status);
  if (reply.status < 200 || reply.status > 599) {
    throw new BackendError("bad_response", 502, `${upstream.name}: it answered with status ${reply.status}`);
  }
  return { ...reply, dropUsage: dropUsage && !answer.call.keepUsage };
}

function mayRetry(error: unknown): boolean {
  return error instanceof BackendError && RETRY_FAILURES.has(error.code);
}

/** What the caller is told: where the servers are is the operator's business, and goes to the log as the cause. */
function refusal(cause: unknown): unknown {
  if (!(cause instanceof BackendError)) return cause;
  if (cause.code === "first_byte_timeout") {
    return new InferenceError("backend_timeout", 504, "the model server did not begin its answer in time", { cause });
  }
  if (cause.code === "bad_response") {
    return new InferenceError("backend_bad_response", 502, "the model server's answer is not valid HTTP", { cause });
  }
  return new InferenceError("backend_unreachable", 502, "the model server could not be reached", {
    cause,
    hint: "Is the model server running, and is its url in model_backend.yaml right?",
  });
}

function noteRetry({ answer }: Job, { member }: Lease, why: string, { log, metrics }: ExchangePorts): void {
  const backend = member.upstream.name;
  metrics.retries.inc({ backend });
  log.info({ id: answer.call.id, backend, error: why }, "asking another model server");
}
