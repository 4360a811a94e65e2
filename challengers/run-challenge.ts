// One challenge from its type and payload to its result: schema, places, time limit, metrics.
import { z } from "zod";
import type { EndedChallenge } from "../src/core/activity.ts";
import { type ChallengePort, type ChallengeSource, JsonText } from "../src/core/challenge.ts";
import type { Clock } from "../src/core/clock.ts";
import { BACKEND_NAMES } from "../src/core/compute.ts";
import { FxnError, messageOf } from "../src/core/errors.ts";
import type { Log } from "../src/core/log.ts";
import { untilAborted } from "../src/lib/abort.ts";
import { clean } from "../src/lib/clean.ts";
import type { ChallengeMetrics } from "../src/observe/metrics/challenge.ts";
import { type ChallengeContext, type Challenger, INLINE_BYTES, OtherChallenge } from "./challenger.ts";
import { parseEnvelope } from "./envelope.ts";
import { ChallengeError, challengeBusy } from "./errors.ts";
import { payloadFault } from "./payload-fault.ts";

export interface ChallengePorts {
  readonly challengers: readonly Challenger<unknown, unknown>[];
  readonly context: ChallengeContext;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: ChallengeMetrics;
  /** Is told how each has ended. */
  readonly onEnd: (ended: EndedChallenge) => void;
}

const BUSY_RETRY_SECONDS = 2;
/** Of a challenge that wants nothing computed, or failed before it was. */
const NOTHING = "none";
const computed = z.object({ backend: z.enum(BACKEND_NAMES) });

export interface Challenges extends ChallengePort {
  /** The same for a challenge that is parsed already. */
  run(type: string, payload: unknown, signal: AbortSignal, source?: ChallengeSource): Promise<unknown>;
}

export function createChallenges(ports: ChallengePorts): Challenges {
  const { challengers, context, clock, log, metrics } = ports;
  const running = new Map<string, number>();

  /** One of the challenger's places, for as long as the work takes; ended at its time limit. */
  async function inPlace(
    { type, limits }: Challenger<unknown, unknown>,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<unknown> {
    const place = limits.place ?? type;
    const busy = running.get(place) ?? 0;
    if (busy >= limits.concurrent) {
      throw challengeBusy(`${busy} of ${limits.concurrent} places for ${type} are taken`, BUSY_RETRY_SECONDS);
    }
    running.set(place, busy + 1);
    const timeout = new AbortController();
    const cancel = clock.after(limits.timeoutMs, () =>
      timeout.abort(new ChallengeError("challenge_timeout", 500, `${type} took longer than ${limits.timeoutMs} ms`)),
    );
    try {
      return await untilAborted(work(AbortSignal.any([signal, timeout.signal])), timeout.signal);
    } finally {
      cancel();
      running.set(place, (running.get(place) ?? 1) - 1);
    }
  }

  function end(ended: EndedChallenge): void {
    const { type, outcome, source, error } = ended;
    metrics.total[source].inc({ type, outcome });
    ports.onEnd({ ...ended, error: error === null ? null : clean(error) });
  }

  async function counted(
    type: string,
    signal: AbortSignal,
    source: ChallengeSource,
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    const started = clock.monotonic();
    const ended = (outcome: EndedChallenge["outcome"], error: string | null) =>
      end({ type, outcome, source, durationMs: clock.monotonic() - started, error });
    let device = NOTHING;
    try {
      const result = await work();
      device = deviceOf(result);
      if (!(result instanceof OtherChallenge)) ended("ok", null);
      return result;
    } catch (thrown) {
      const error = signal.aborted ? callerGone() : thrown;
      const known = error instanceof FxnError && error.status < 500;
      ended(known ? "refused" : "failed", messageOf(error));
      if (!known) log.error({ type, error: messageOf(error) }, "challenge failed");
      throw error instanceof FxnError
        ? error
        : new ChallengeError("challenge_failed", 500, `${type} failed`, { cause: error });
    } finally {
      metrics.seconds.observe({ type, device }, (clock.monotonic() - started) / 1000);
    }
  }

  async function run(
    type: string,
    payload: unknown,
    signal: AbortSignal,
    source: ChallengeSource = "scheduler",
  ): Promise<unknown> {
    const challenger = challengers.find((candidate) => candidate.type === type);
    if (!challenger) {
      const known = challengers.map((candidate) => candidate.type).join(", ");
      const why = `unknown challenge type; this node answers ${known}`;
      end({ type: "unknown", outcome: "refused", source, durationMs: 0, error: why });
      throw new ChallengeError("challenge_unknown", 400, why);
    }
    return counted(type, signal, source, async () => {
      const input = parseInput(challenger, payload);
      return inPlace(challenger, signal, (ends) => challenger.run(input, context, ends));
    });
  }

  return {
    run,
    async answer(body, signal, source = "scheduler") {
      const large = body.length > INLINE_BYTES ? challengers.find(({ runBody }) => runBody) : undefined;
      const runBody = large?.runBody;
      if (!large || !runBody) {
        const { type, payload } = parseEnvelope(body);
        return run(type, payload, signal, source);
      }
      const answer = await counted(large.type, signal, source, () =>
        inPlace(large, signal, (ends) => runBody(body, context, ends)),
      );
      if (!(answer instanceof OtherChallenge)) return answer;
      const other = challengers.find(({ type }) => type === answer.type);
      if (other && body.length > other.limits.bodyBytes) throw refuseLarge(other);
      return run(answer.type, undefined, signal, source);
    },
  };
}

/** What computed an answer, as its own facts have it. */
function deviceOf(answer: unknown): string {
  return computed.safeParse(answer instanceof JsonText ? answer.facts : answer).data?.backend ?? NOTHING;
}

/** Throws ChallengeError challenge_payload. */
export function parseInput<I>(challenger: Challenger<I, unknown>, payload: unknown): I {
  try {
    return challenger.input.parse(payload);
  } catch (error) {
    throw new ChallengeError("challenge_payload", 400, payloadFault(error));
  }
}

function callerGone(): ChallengeError {
  return new ChallengeError("client_closed_request", 499, "the caller left before the answer");
}

function refuseLarge({ type, limits }: Challenger<unknown, unknown>): ChallengeError {
  const why = `payload: ${type} takes a body of at most ${limits.bodyBytes / 1024} KB`;
  return new ChallengeError("challenge_payload", 400, why);
}
