// What only happens, and no check finds afterwards.
import type { Condition } from "../../core/alert.ts";
import type { ChallengePort } from "../../core/challenge.ts";
import type { CheckText } from "../../core/check.ts";
import { FxnError, messageOf } from "../../core/errors.ts";
import { clean } from "../../lib/clean.ts";

const FAILED = "challenge.failed";
const TITLE = "Challenges are answered";

/** Their ids are no check's, and are explained all the same. */
export const EVENTS: readonly CheckText[] = [
  {
    id: FAILED,
    title: TITLE,
    looksAt:
      "Each challenge of the scheduler that this node could not answer, for half an hour; one that was itself at fault does not count.",
    mend: "fxn challenge rehearse tries them all; the log says what failed, fxn gpu list what there is to compute on.",
  },
];
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
    title: TITLE,
    severity: "critical",
    message: clean(`a challenge failed: ${messageOf(error)}`),
    hint: "Rehearse it: fxn challenge rehearse. The log says more.",
  };
}
