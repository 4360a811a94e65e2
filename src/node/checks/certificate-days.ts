// How long a certificate is good for yet: judged in one place, whoever has seen it.
import { type CheckAnswer, ok, warn } from "../../core/check.ts";
import { CERTIFICATE } from "../../observe/alerts/limits.ts";

const DAY_MS = 86_400_000;

/** @param validTo wall clock, milliseconds @param hint what to do where too little is left */
export function judgeDays(validTo: number, now: number, hint: string): CheckAnswer {
  const days = Math.floor((validTo - now) / DAY_MS);
  const message = shownEnd(validTo);
  return days < CERTIFICATE.days ? warn(`${message}, ${days} days from now`, hint) : ok(message);
}

export function shownEnd(validTo: number): string {
  return `valid until ${new Date(validTo).toISOString().slice(0, 10)}`;
}
