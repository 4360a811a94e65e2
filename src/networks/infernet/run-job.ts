// One job from its messages to its end: events while it runs, then exactly one terminal event and one `complete`.
import { FxnError, messageOf } from "../../core/errors.ts";
import { requestId } from "../../core/ids.ts";
import { untilAborted } from "../../lib/abort.ts";
import { clean } from "../../lib/clean.ts";
import { InfernetError } from "./errors.ts";
import { EventSender } from "./event-sender.ts";
import { hasEnded } from "./evidence.ts";
import { chatOf, type Job } from "./job.ts";
import type { JobPorts } from "./job-ports.ts";
import type { JobEvent, Outcome } from "./routes.ts";
import { complete } from "./settle.ts";
import { StoredText } from "./stored-text.ts";

/** Of an answer; a longer one is no answer to a chat. */
const MAX_TEXT = 8 * 1024 * 1024;

export interface JobTerms {
  readonly nodeId: string;
  readonly name: string;
  /** Of jobs that name none. */
  readonly defaultModel: string | undefined;
  /** Least payment_offer. */
  readonly priceFloor: number;
  /** What clients are told that the model server is. */
  readonly engine: string;
}

export type JobEnd = "ok" | "failed" | "cancelled";

/**
 * @param signal aborts when the job must not go on
 * @param onAnswered called when only the control plane has still to hear of its end
 * @throws the reason of `life` when its end could not be told
 */
export async function runJob(
  ports: JobPorts,
  terms: JobTerms,
  job: Job,
  signal: AbortSignal,
  onAnswered: () => void,
): Promise<JobEnd> {
  const sender = new EventSender(ports, job.id);
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal, ports.life]);
  let outcome: Outcome;
  let whole: Outcome | undefined;
  try {
    const answer = chatAnswer(ports, terms, job, sender, until);
    answer.catch(() => {});
    const { last, result } = await Promise.race([answer, sender.failed]);
    outcome = { status: "completed", result };
    whole = outcome;
    onAnswered();
    await untilAborted(sender.end(last), until);
  } catch (error) {
    stop.abort(error);
    onAnswered();
    const message = failureText(error, signal);
    ports.log.info({ network: "infernet", job: job.id, error: messageOf(error) }, "a job has failed");
    const end = await sender.endNow({ event_type: "error", data: { message } });
    // Its reader may have the whole answer: then it ended so, whatever was lost on the way.
    outcome = whole && end?.type === "done" ? whole : { status: "failed", error: message };
  }
  await complete(ports, job.id, outcome, false);
  if (outcome.status === "completed") return "ok";
  return signal.aborted ? "cancelled" : "failed";
}

/**
 * Ends a job that a run before had in hand: it is not run again, since its reader has the beginning of another answer.
 * If that had ended already, the job is completed as it ended.
 */
export async function endLeftJob(ports: JobPorts, terms: JobTerms, job: string): Promise<void> {
  if (await hasEnded(ports.plane, job, ports.life).catch(() => undefined)) return;
  const message = "the node was restarted";
  const sender = new EventSender(ports, job);
  const end = await sender.endNow({ event_type: "error", data: { message } }, true);
  const outcome: Outcome =
    end?.type === "done"
      ? { status: "completed", result: { type: "chat", text: end.text, completed_by: terms.nodeId } }
      : { status: "failed", error: message };
  await complete(ports, job, outcome, true);
}

async function chatAnswer(
  ports: JobPorts,
  terms: JobTerms,
  job: Job,
  sender: EventSender,
  signal: AbortSignal,
): Promise<{ readonly last: JobEvent; readonly result: object }> {
  const { clock, plane } = ports;
  const { model: named, messages, maxTokens, temperature } = chatOf(job, terms.priceFloor);
  const model = named ?? terms.defaultModel;
  if (!model) throw new InfernetError("infernet_job", 400, "the job names no model, and this node has none to choose");
  const began = clock.monotonic();
  const startedAt = clock.now();
  sender.push({
    event_type: "meta",
    data: {
      provider_node_id: terms.nodeId,
      provider_name: terms.name,
      model: clean(model, 256),
      started_at: new Date(startedAt).toISOString(),
      engine: terms.engine,
    },
  });
  const pieces = ports.text.generate({
    id: requestId(clock.now()),
    network: "infernet",
    caller: plane.host,
    model,
    prompt: messages,
    maxTokens,
    temperature,
    signal,
  });
  const stored = new StoredText();
  let text = "";
  let tokens = 0;
  const say = (piece: string) => {
    if (piece === "") return;
    text += piece;
    if (text.length > MAX_TEXT) throw new InfernetError("infernet_job", 502, "the answer is too long");
    sender.push({ event_type: "token", data: { text: piece } });
  };
  const next = () => untilAborted(pieces.next(), signal);
  let step = await next();
  for (; !step.done; step = await next()) {
    if (step.value !== "") tokens++;
    say(stored.push(step.value));
  }
  say(stored.end());
  signal.throwIfAborted();
  const { reason, completionTokens } = step.value;
  ports.bench.note(completionTokens ?? tokens, clock.monotonic() - began, startedAt);
  const finished = new Date(clock.now()).toISOString();
  const result = {
    type: "chat",
    text,
    token_count: tokens,
    duration_ms: Math.round(clock.monotonic() - began),
    completed_by: terms.nodeId,
  };
  return { last: { event_type: "done", data: { text, reason, finished_at: finished } }, result };
}

/** What the network is told: our own words and codes; those of the model server may name hosts and paths. */
function failureText(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return signal.reason instanceof InfernetError ? signal.reason.message : "the node stops";
  if (error instanceof InfernetError) return error.message;
  return error instanceof FxnError ? `inference failed: ${error.code}` : "inference failed";
}
