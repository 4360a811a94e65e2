// Runs one inference: text piece by piece, then what is signed of it. A limit of time and a caller who leaves stop it upstream.
import type { TextEnd } from "../../../core/text.ts";
import { untilAborted } from "../../../lib/abort.ts";
import { type Envelope, seal } from "../envelope.ts";
import type { FedaiError } from "../errors.ts";
import type { FedaiNode } from "../fedai-node.ts";
import type { InferenceRequest, InferenceResponse, MeteringRecord } from "../payloads.ts";
import { estimateTokens, promptHash, utf8Length } from "../tokens.ts";
import { callerLeft, inferenceFailure, runnerTimeout } from "./failure.ts";
import { putPrompt } from "./put-prompt.ts";

export interface Answer {
  readonly response: Envelope<InferenceResponse>;
  readonly metering: Envelope<MeteringRecord>;
}

export interface Job {
  /** Of the call, in logs and the ledger. */
  readonly id: string;
  readonly request: InferenceRequest;
  /** Who asks, as hex. */
  readonly caller: string;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
  /** Gives the job's place back; called when nothing of it runs upstream any more. */
  readonly release: () => void;
}

const STOPPED: TextEnd = { reason: "stopped", promptTokens: null, completionTokens: null };

/** Yields the text as it comes, and returns the whole, signed. @throws FedaiError */
export async function* runInference(node: FedaiNode, job: Job): AsyncGenerator<string, Answer, void> {
  const { clock } = node.ports;
  const { runtime, firstWord } = node.settings.limits;
  const { requestId, modelId, prompt, maxTokens, temperature, topP } = job.request;
  const started = clock.monotonic();
  const stopping = new AbortController();
  const asked = { id: job.id, network: "fedai", caller: job.caller, model: modelId, maxTokens, temperature, topP };
  const generation = putPrompt(node, { ...asked, signal: stopping.signal }, prompt);
  // Whoever reads no further leaves this generator at its yield, and no `finally` of it is reached: the work ends from here.
  const stop = (why: FedaiError) => {
    for (const cancel of timers) cancel();
    job.signal.removeEventListener("abort", onLeave);
    stopping.abort(why);
    generation.return(STOPPED).then(job.release, job.release);
  };
  const onLeave = () => stop(callerLeft());
  let output = "";
  const timers = [clock.after(runtime, () => stop(runnerTimeout()))];
  if (firstWord !== undefined) timers.push(clock.after(firstWord, () => output === "" && stop(runnerTimeout())));
  job.signal.addEventListener("abort", onLeave);
  if (job.signal.aborted) onLeave();
  try {
    for (;;) {
      const step = await untilAborted(generation.next(), stopping.signal);
      if (step.done) {
        const latencyMs = clock.monotonic() - started;
        return answerOf(node, job.request, output, step.value, latencyMs);
      }
      if (step.value === "") continue;
      output += step.value;
      yield step.value;
    }
  } catch (error) {
    const failure = inferenceFailure(error, node.settings.exposeErrors);
    node.ports.log.warn(
      { id: job.id, error: failure.code, status: failure.status, why: codeOf(error) },
      "inference failed",
    );
    throw failure;
  } finally {
    stop(callerLeft());
  }

  function answerOf(
    { ports, nodeId }: FedaiNode,
    request: InferenceRequest,
    output: string,
    { promptTokens, completionTokens }: TextEnd,
    latencyMs: number,
  ): Answer {
    const usage = {
      inputTokens: promptTokens ?? estimateTokens(request.prompt),
      outputTokens: completionTokens ?? estimateTokens(output),
    };
    const response = { requestId, modelId, output, usage, latencyMs };
    const metering = {
      requestId,
      nodeId,
      modelId,
      promptHash: promptHash(request.prompt),
      ...usage,
      wallTimeMs: latencyMs,
      bytesIn: utf8Length(request.prompt),
      bytesOut: utf8Length(output),
      ts: ports.clock.now(),
    };
    return {
      response: seal(ports.identity, ports.clock, response),
      metering: seal(ports.identity, ports.clock, metering),
    };
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
