// What the running node has seen of itself: challenges, refused callers, slow answers, workers that die, reloads, releases.
import { type CheckAnswer, type CheckKind, fail, ok, skip, warn } from "../../core/check.ts";
import { formatDuration } from "../../core/duration.ts";
import { FIRST_TOKEN, REFUSALS, REFUSED, WORKERS } from "../../observe/alerts/limits.ts";
import type { Available } from "../../update/watch.ts";
import { KNOWN_DAYS, type LastChallenge } from "../activity/last-challenges.ts";
import type { Lately } from "../activity/lately.ts";

export interface SeenLook {
  readonly challenges: () => readonly LastChallenge[];
  readonly lately: Pick<Lately, "refusals" | "firstToken">;
  /** Workers that have died in that time. */
  readonly died: (withinMs: number) => number;
  /** Why the last reload was refused; undefined: it was not. */
  readonly reloadError: () => string | undefined;
  /** A newer release; undefined: there is none, or that is not known. */
  readonly release: () => Available | undefined;
}

/** Told at once as well, and not only when it is looked. */
export const CHALLENGES = { id: "challenge.answered", title: "Challenges are answered" } as const;
export const CHALLENGE_HINT =
  "Rehearse it: fxn challenge rehearse. Once it passes there, the scheduler's next one turns this green. The log says more.";

export const SEEN_CHECKS: readonly CheckKind<SeenLook>[] = [
  {
    ...CHALLENGES,
    looksAt: `How the last challenge of each kind that a scheduler sent in the last ${KNOWN_DAYS} days has ended, restarts or not. One that was itself at fault does not count, nor does a rehearsal.`,
    mend: "fxn challenge rehearse tries them all; the log says what failed (fxn service logs), fxn gpu list what there is to compute on. Mended, it stays red until the scheduler's next challenge of that kind is answered.",
    run: async ({ challenges }) => challengesAnswered(challenges()),
  },
  {
    id: "tokens.first",
    title: "First tokens come soon",
    looksAt: `How long streamed answers of the last ten minutes took to begin: 95 of 100 within ${FIRST_TOKEN.seconds} s. Fewer than ${FIRST_TOKEN.least} are not judged.`,
    mend: "Compare the wait in the node's queue with the model server's own figures (fxn top, fxn dashboard open): another server for the model, a smaller maxConcurrent, or a faster machine.",
    run: async ({ lately }) => firstTokens(lately.firstToken()),
  },
  {
    id: "callers.replays",
    title: "No more requests are repeated than usual",
    looksAt:
      "How many requests of the last ten minutes had a nonce that was used before, beside what was usual in the day before.",
    mend: "Somebody sends what was signed once again: an attack, which is refused, or a proxy in front that asks twice. Turn its retries off.",
    run: async ({ lately }) => refusals(lately.refusals(REFUSALS.replayed), "repeated requests", REPLAY_HINT),
  },
  {
    id: "callers.times",
    title: "No more signed times are refused than usual",
    looksAt:
      "How many requests of the last ten minutes were signed too long ago or in the future, beside what was usual in the day before.",
    mend: "Is this machine's clock right? fxn doctor --only clock.skew. If it is, that of a gateway is wrong, which its operator has to set; or a queue in front of the node holds requests for long: shorten it.",
    run: async ({ lately }) => refusals(lately.refusals(REFUSALS.time), "requests for their signed time", TIME_HINT),
  },
  {
    id: "callers.unknown",
    title: "No more strangers call than usual",
    looksAt:
      "How many requests of the last ten minutes came from callers that the registries do not have, beside what was usual in the day before.",
    mend: "Strangers are refused: nothing is to be done. A gateway that should be known is not in the registry, or not yet here: fxn doctor --only registry.gateways,registry.fresh.",
    run: async ({ lately }) =>
      refusals(lately.refusals(REFUSALS.unknown), "callers that it does not know", CALLER_HINT),
  },
  {
    id: "node.workers",
    title: "The processes that serve callers live",
    looksAt: `How many workers have died in the last ${WORKERS.windowMs / 60_000} minutes; each was replaced, and what it served was cut off.`,
    mend: "The log says of what each died. Killed by the system? Then the machine lacks memory. Otherwise it is a fault of fxn: fxn bugreport.",
    async run({ died }) {
      const count = died(WORKERS.windowMs);
      const message = `${count} of them died in the last ${formatDuration(WORKERS.windowMs)}`;
      return count > WORKERS.most
        ? warn(
            message,
            "See of what each died: fxn service logs. Killed by the system? The machine lacks memory. Otherwise: fxn bugreport",
          )
        : ok(message);
    },
  },
  {
    id: "config.reload",
    title: "The last reload was taken over",
    looksAt:
      "Whether the node refused the configuration when it was last told to reload: then it runs on with the former.",
    mend: "Mend what the message names, look with fxn reload --dry-run, then fxn reload. At its next start the node may not begin with such files.",
    async run({ reloadError }) {
      const why = reloadError();
      return why === undefined ? ok("no reload was refused") : warn(why, "Mend it, then: fxn reload");
    },
  },
  {
    id: "node.update",
    title: "No newer release mends a hole",
    looksAt: "What the node knows of newer releases, where update.checkInterval lets it look for them.",
    mend: "fxn update puts it in place, without a gap on Linux. SECURITY-FIXES.txt of the release says what it mends.",
    async run({ release }) {
      const newer = release();
      if (!newer) return ok("nothing newer is known");
      if (newer.security) return warn(`${newer.version} mends a hole that this node has`, "Update it: fxn update");
      return ok(`${newer.version} is there, which mends no hole: fxn update`);
    },
  },
];

const REPLAY_HINT =
  "Is there a proxy in front? Turn its retries off. Otherwise it is an attack, which is refused: nothing is to be done.";
const TIME_HINT =
  "Is this clock right? fxn doctor --only clock.skew. If it is, a gateway's is wrong, or a queue in front holds requests for long.";
const CALLER_HINT =
  "A gateway that should be known? fxn doctor --only registry.gateways,registry.fresh. Otherwise strangers, who are refused: nothing is to be done.";

function challengesAnswered(last: readonly LastChallenge[]): CheckAnswer {
  if (last.length === 0) return skip(`none came in the last ${KNOWN_DAYS} days`);
  const ago = ({ ageMs, beforeStart }: LastChallenge) =>
    `${formatDuration(Math.round(ageMs / 1000) * 1000)} ago${beforeStart ? ", before this start" : ""}`;
  const failed = last.filter(({ outcome }) => outcome === "failed");
  if (failed.length === 0) return ok(last.map((one) => `${one.type} ${ago(one)}`).join(", "));
  const words = failed.map((one) => `${one.type} failed ${ago(one)}: ${one.error ?? "no reason is known"}`);
  return fail(words.join("; "), CHALLENGE_HINT);
}

function firstTokens(came: ReturnType<Lately["firstToken"]>): CheckAnswer {
  if (came === undefined) return skip("nobody asked for a stream in the last ten minutes");
  const { count, seconds } = came;
  if (count < FIRST_TOKEN.least) return skip(`${count} came in the last ten minutes, too few to judge by`);
  const message = `95 of 100 came within ${seconds.toFixed(1)} s`;
  if (seconds <= FIRST_TOKEN.seconds) return ok(message);
  return warn(
    message,
    "fxn top shows whether many wait (give the model another server) or the model server is slow (a smaller maxConcurrent, a faster machine).",
  );
}

function refusals({ lately, usual }: ReturnType<Lately["refusals"]>, what: string, hint: string): CheckAnswer {
  const message = `${lately} ${what} were refused in ten minutes`;
  // Noise, whatever is usual.
  if (lately <= (REFUSED.perSecond * REFUSED.windowMs) / 1000) return ok(message);
  if (usual === undefined) return skip(`${message}; it is too early to know what is usual`);
  return lately > REFUSED.timesUsual * usual ? warn(`${message}; ${usual.toFixed(1)} are usual`, hint) : ok(message);
}
