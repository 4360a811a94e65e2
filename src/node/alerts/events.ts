// What only happens, and no check finds afterwards.
import type { Condition } from "../../core/alert.ts";
import type { ChallengePort } from "../../core/challenge.ts";
import { FxnError, messageOf } from "../../core/errors.ts";
import { clean } from "../../lib/clean.ts";

const FAILED = "challenge.failed";

/** Ids that are no check's. */
export const EVENTS: readonly string[] = [FAILED];
/** Where they are explained. */
export const EVENTS_LINK = "README.md#alerts-without-a-monitoring-system";

/** The same, and what was this node's fault is told. */
export function watched(challenges: ChallengePort, happened: (condition: Condition) => void): ChallengePort {
  return {
    async answer(body, signal) {
      try {
        return await challenges.answer(body, signal);
      } catch (error) {
        const refused = error instanceof FxnError && error.status < 500;
        if (!refused && !signal.aborted) happened(challengeFailed(error));
        throw error;
      }
    },
  };
}

function challengeFailed(error: unknown): Condition {
  return {
    id: FAILED,
    title: "Challenges are answered",
    severity: "critical",
    message: clean(`a challenge failed: ${messageOf(error)}`),
    hint: "Rehearse it: fxn challenge rehearse. The log says more.",
  };
}
