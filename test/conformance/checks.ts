// What every check promises, whoever brings it: an id of its room, a title, an answer, and a hint when it is not well.
import { expect } from "bun:test";
import type { Check, Finding } from "../../src/core/check.ts";
import { systemClock } from "../../src/core/clock.ts";
import { runChecks } from "../../src/node/checks/run.ts";

/** @param room what each id begins with, without the last dot @returns what was found */
export async function checkConformance(checks: readonly Check[], room: string): Promise<readonly Finding[]> {
  const found = await runChecks(checks, systemClock, AbortSignal.timeout(30_000));
  for (const { id, title, state, message, hint } of found) {
    expect(id).toMatch(/^[a-z]+(\.[a-z0-9-]+)+$/);
    expect(id).toStartWith(`${room}.`);
    expect(title).toMatch(/\S/);
    expect(message).toMatch(/\S/);
    if (state === "warn" || state === "fail") expect(hint).toMatch(/\S/);
  }
  return found;
}
