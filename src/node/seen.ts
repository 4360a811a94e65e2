// What the node sees of itself as it runs, for the checks of checks/seen.ts; a challenge that fails is told at once.
import type { Condition } from "../core/alert.ts";
import type { ChallengePort } from "../core/challenge.ts";
import type { Clock } from "../core/clock.ts";
import type { ReleaseWatch } from "../update/watch.ts";
import { LastChallenges } from "./activity/last-challenges.ts";
import type { Lately } from "./activity/lately.ts";
import { CHALLENGE_HINT, CHALLENGES, type SeenLook } from "./checks/seen.ts";
import type { Reload } from "./reload/reload.ts";
import type { WorkerGroup } from "./workers/worker-group.ts";

export interface SeenPorts {
  /** undefined: nobody challenges this node. */
  readonly challenges: ChallengePort | undefined;
  /** The next challenge of its kind may be answered before anybody looks. */
  readonly happened: (condition: Condition) => void;
  readonly lately: Lately;
  readonly workers: Pick<WorkerGroup, "died"> | undefined;
  readonly reload: () => Reload["state"];
  readonly releases: () => ReleaseWatch["available"];
  readonly clock: Clock;
}

export interface Seen extends SeenLook {
  /** For callers that are no rehearsal: how theirs end is seen. */
  readonly challengePort: ChallengePort | undefined;
}

export function openSeen({ challenges, happened, lately, workers, reload, releases, clock }: SeenPorts): Seen {
  const last = new LastChallenges(clock);
  return {
    challenges: () => last.all(),
    lately,
    died: (withinMs) => workers?.died(withinMs) ?? 0,
    reloadError: () => reload().lastError,
    release: releases,
    challengePort: challenges && {
      answer: (body, signal) =>
        challenges.answer(body, signal, (ended) => {
          last.add(ended);
          const { type, outcome, error } = ended;
          if (outcome !== "failed") return;
          const message = `${type} failed: ${error ?? "no reason is known"}`;
          happened({ ...CHALLENGES, severity: "critical", message, hint: CHALLENGE_HINT });
        }),
    },
  };
}
