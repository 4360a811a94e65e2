// What the node sees of itself as it runs, for the checks of checks/seen.ts; a challenge that fails is told at once.
import type { EndedChallenge } from "../core/activity.ts";
import type { Condition } from "../core/alert.ts";
import type { ReleaseWatch } from "../update/watch.ts";
import type { LastChallenges } from "./activity/last-challenges.ts";
import type { Lately } from "./activity/lately.ts";
import { CHALLENGE_HINT, CHALLENGES, type SeenLook } from "./checks/seen.ts";
import type { Reload } from "./reload/reload.ts";
import type { WorkerGroup } from "./workers/worker-group.ts";

export interface SeenPorts {
  /** undefined: nobody challenges this node. */
  readonly last: LastChallenges | undefined;
  /** The next challenge of its kind may be answered before anybody looks. */
  readonly happened: (condition: Condition) => void;
  readonly lately: Lately;
  readonly workers: Pick<WorkerGroup, "died"> | undefined;
  readonly reload: () => Reload["state"];
  readonly releases: () => ReleaseWatch["available"];
}

export interface Seen extends SeenLook {
  challengeEnded(ended: EndedChallenge): void;
}

export function openSeen({ last, happened, lately, workers, reload, releases }: SeenPorts): Seen {
  return {
    challenges: () => last?.all() ?? [],
    lately,
    died: (withinMs) => workers?.died(withinMs) ?? 0,
    reloadError: () => reload().lastError,
    release: releases,
    challengeEnded(ended) {
      last?.add(ended);
      const { type, outcome, source, error } = ended;
      if (outcome !== "failed" || source === "rehearsal") return;
      const message = `${type} failed: ${error ?? "no reason is known"}`;
      happened({ ...CHALLENGES, severity: "critical", message, hint: CHALLENGE_HINT });
    },
  };
}
