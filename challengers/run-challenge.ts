// One challenge from its type and payload to its result: schema, places, time limit, metrics.
import type { ChallengePort } from "../src/core/challenge.ts";
import type { Clock } from "../src/core/clock.ts";
import { FxnError, messageOf } from "../src/core/errors.ts";
import type { Log } from "../src/core/log.ts";
import { untilAborted } from "../src/lib/abort.ts";
import type { ChallengeMetrics } from "../src/observe/metrics/challenge.ts";
import { type ChallengeContext, ChallengeError, type Challenger } from "./challenger.ts";
import { payloadFault } from "./payload-fault.ts";

export interface ChallengePorts {
  readonly challengers: readonly Challenger<unknown, unknown>[];
  readonly context: ChallengeContext;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: ChallengeMetrics;
}

const BUSY_RETRY_SECONDS = "2";

export function createChallenges({ challengers, context, clock, log, metrics }: ChallengePorts): ChallengePort {
  const running = new Map<string, number>();

  async function run(
    challenger: Challenger<unknown, unknown>,
    payload: unknown,
    signal: AbortSignal,
  ): Promise<unknown> {
    const { type, limits } = challenger;
    const input = parseInput(challenger, payload);
    const busy = running.get(type) ?? 0;
    if (busy >= limits.concurrent) {
      throw new ChallengeError("challenge_busy", 429, `${limits.concurrent} ${type} challenges are running already`, {
        headers: { "Retry-After": BUSY_RETRY_SECONDS },
      });
    }
    running.set(type, busy + 1);
    const timeout = new AbortController();
    const cancel = clock.after(limits.timeoutMs, () =>
      timeout.abort(new ChallengeError("challenge_timeout", 500, `${type} took longer than ${limits.timeoutMs} ms`)),
    );
    try {
      const work = challenger.run(input, context, AbortSignal.any([signal, timeout.signal]));
      return await untilAborted(work, timeout.signal);
    } finally {
      cancel();
      running.set(type, (running.get(type) ?? 1) - 1);
    }
  }

  return {
    async run(type, payload, signal) {
      const challenger = challengers.find((candidate) => candidate.type === type);
      if (!challenger) {
        metrics.total.inc({ type: "unknown", outcome: "refused" });
        const known = challengers.map((candidate) => candidate.type).join(", ");
        throw new ChallengeError("challenge_unknown", 400, `unknown challenge type; this node answers ${known}`);
      }
      const started = clock.monotonic();
      try {
        const result = await run(challenger, payload, signal);
        metrics.total.inc({ type, outcome: "ok" });
        return result;
      } catch (error) {
        const known = error instanceof FxnError && error.status < 500;
        metrics.total.inc({ type, outcome: known ? "refused" : "failed" });
        if (!known) log.error({ type, error: messageOf(error) }, "challenge failed");
        throw error instanceof FxnError
          ? error
          : new ChallengeError("challenge_failed", 500, `${type} failed`, { cause: error });
      } finally {
        metrics.seconds.observe({ type }, (clock.monotonic() - started) / 1000);
      }
    },
  };
}

function parseInput(challenger: Challenger<unknown, unknown>, payload: unknown): unknown {
  try {
    return challenger.input.parse(payload);
  } catch (error) {
    throw new ChallengeError("challenge_payload", 400, payloadFault(error));
  }
}
