// What is wrong, the worst first, each with the command that says more.
import type { Activity } from "../../../core/activity.ts";
import type { Tone } from "./table.ts";
import { clockTime, span } from "./words.ts";

export interface Trouble {
  readonly tone: Tone;
  readonly text: string;
  /** What to do next; undefined: nothing. */
  readonly next?: { readonly command: string; readonly says: string };
}

const WHY = { command: "fxn why", says: "names what to mend first" };
const DOCTOR = { command: "fxn doctor", says: "checks each part, with a hint for each" };
const CHECK_CONFIG = { command: "fxn config check", says: "shows every mistake" };
const RESTART = { command: "fxn restart", says: "takes them over" };
const UPDATE = { command: "fxn update", says: "puts it in place" };
const LISTED = { command: "fxn alerts list", says: "says what was found, and what to do" };
const TELL = { command: "fxn alerts test", says: "tries them all" };
/** A challenge that failed longer ago is history. */
const RECENT_MS = 3_600_000;

export function troublesOf({ status, challenges, now }: Activity): Trouble[] {
  const found: Trouble[] = [];
  const add = (tone: Tone, text: string, next: Trouble["next"]) =>
    found.push(next ? { tone, text, next } : { tone, text });
  for (const reason of status.reasons) add("bad", reason, WHY);
  if (!status.ready && status.reasons.length === 0) add("bad", "The node is not ready.", WHY);
  for (const { id, ready, reasons } of status.networks) {
    if (!ready) add("bad", `${id} gives no work: ${reasons.join("; ") || "it does not say why"}`, WHY);
  }
  for (const { name, state, lastError, leftOutForMs } of status.backends) {
    if (state !== "open" && state !== "half_open") continue;
    // The node's own reasons have it already when nothing else serves its models.
    if (status.reasons.some((reason) => reason.startsWith(`model server ${name} is left out`))) continue;
    const again = leftOutForMs > 0 ? `; it is tried again in ${span(Math.ceil(leftOutForMs / 1000))}` : "";
    add("bad", `Model server ${name} is left out: ${lastError ?? "it does not answer"}${again}`, DOCTOR);
  }
  for (const [name, { stale, lastError }] of Object.entries(status.registries)) {
    if (stale) add("bad", `What is known of the ${name} is too old${lastError ? `: ${lastError}` : ""}`, DOCTOR);
    else if (lastError) add("warn", `Reading the ${name} has failed: ${lastError}`, DOCTOR);
  }
  const { provider } = status;
  if (provider && !provider.active)
    add("warn", standing(provider), { command: "fxn provider status", says: "shows the registration" });
  const { configuration, update, alerts } = status;
  if (configuration.lastError !== null)
    add("warn", `The last reload was refused: ${firstLine(configuration.lastError)}`, CHECK_CONFIG);
  if (configuration.restartPending.length > 0)
    add("warn", `Settings wait for a restart: ${configuration.restartPending.join(", ")}`, RESTART);
  for (const caution of status.cautions) add("warn", caution, DOCTOR);
  if (update?.security) add("bad", `fxn ${update.version} mends a hole that this node has`, UPDATE);
  const firing = alerts?.firing ?? [];
  if (firing.length > 0) {
    // By id alone: what was found is often above in the node's own words.
    const tone = firing.some(({ severity }) => severity === "critical") ? "bad" : "warn";
    add(tone, `Alerts that fire: ${firing.map(({ id }) => id).join(", ")}`, LISTED);
  }
  for (const { name, lastError } of alerts?.targets ?? [])
    if (lastError !== null) add("warn", `Alerts are not taken by ${name}: ${lastError}`, TELL);
  const failed = challenges.find(
    ({ outcome, source, at }) => outcome === "failed" && source !== "rehearsal" && now - at < RECENT_MS,
  );
  if (failed) {
    add("warn", `A challenge (${failed.type}) failed at ${clockTime(failed.at)}: ${failed.error ?? "no reason"}`, {
      command: "fxn challenge rehearse",
      says: "tries them all here",
    });
  }
  const waiting = Object.values(status.waiting).reduce((sum, count) => sum + count, 0);
  if (waiting > 0) {
    add("warn", `${waiting} ${waiting === 1 ? "request waits" : "requests wait"} for a free model server`, {
      command: "fxn top",
      says: "shows which, as it moves",
    });
  }
  return found;
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}

function standing({ registered, paused }: NonNullable<Activity["status"]["provider"]>): string {
  if (paused) return "The registration is paused: unpause it to get work";
  return registered
    ? "Registered, but not active: is enough staked?"
    : "Not registered: register this address to get work";
}
