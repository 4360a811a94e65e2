// What every challenger must do, whatever it is asked: one suite that each member of the table runs.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ChallengeContext, Challenger } from "../../challengers/challenger.ts";
import { JsonText } from "../../src/core/challenge.ts";
import { FxnError } from "../../src/core/errors.ts";
import { untilAborted } from "../../src/lib/abort.ts";
import { openChallenges, refusalOf } from "../fakes/challenges.ts";
import { FakeClock } from "../fakes/clock.ts";

export interface ChallengerCase {
  /** Answers at once. */
  readonly context: ChallengeContext;
  /** As JSON gives them; at least one. */
  readonly good: readonly unknown[];
  /** Each with the field that its refusal must name: "payload", "payload.size". */
  readonly bad: readonly { readonly payload: unknown; readonly field: string }[];
}

const MAX_TIMEOUT_MS = 120_000;
const CANARY = "canary-cause-6b1d";
const signal = new AbortController().signal;

export function challengerConformance<I, O>(
  challenger: Challenger<I, O>,
  { context, good, bad }: ChallengerCase,
): void {
  const { type, summary, limits } = challenger;
  const [first] = good;
  /** Others are found at fault by the work itself, which needs its place. */
  const refusedBySchema = ({ payload }: { payload: unknown }): boolean => {
    try {
      challenger.input.parse(payload);
      return false;
    } catch {
      return true;
    }
  };
  /** The same challenger, whose work never ends. */
  const endless: Challenger<I, never> = { ...challenger, run: () => new Promise(() => {}) };

  describe(`conformance of ${type}`, () => {
    test("a type of capitals, a summary of one line, sane limits", () => {
      expect(good.length).toBeGreaterThan(0);
      expect(type).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
      expect(summary).toMatch(/^[^\n]{8,80}$/);
      expect(limits.timeoutMs).toBeWithin(1, MAX_TIMEOUT_MS + 1);
      expect(Number.isInteger(limits.concurrent) && limits.concurrent >= 1).toBeTrue();
    });

    test("good payloads are answered, with what JSON can carry", async () => {
      const port = openChallenges([challenger], { context });
      for (const payload of good) expect(isJson(await port.run(type, payload, signal))).toBeTrue();
    });

    test("bad payloads are 400 and say which field", async () => {
      const port = openChallenges([challenger], { context });
      for (const { payload, field } of bad) {
        expect(await refusalOf(port.run(type, payload, signal))).toStartWith(`400 challenge_payload: ${field}: `);
      }
    });

    test("busy: one more than its places is 429 with Retry-After, and a bad payload takes no place", async () => {
      const port = openChallenges([endless], { context });
      for (const { payload } of bad.filter(refusedBySchema)) await refusalOf(port.run(type, payload, signal));
      for (let place = 0; place < limits.concurrent; place++) void port.run(type, first, signal);
      const refused = await port.run(type, first, signal).catch((error: unknown) => error);
      expect(refused).toMatchObject({ status: 429, code: "challenge_busy" });
      expect(refused instanceof FxnError && Number(refused.headers["Retry-After"])).toBeGreaterThan(0);
    });

    test("its time limit ends it, and its place is free again", async () => {
      const clock = new FakeClock();
      const port = openChallenges([{ ...endless, limits: { ...limits, concurrent: 1 } }], { context, clock });
      for (let round = 0; round < 2; round++) {
        const refused = refusalOf(port.run(type, first, signal));
        await clock.advance(limits.timeoutMs);
        expect(await refused).toStartWith("500 challenge_timeout: ");
      }
    });

    test("the signal ends the work itself, though nothing that it asks ever answers", async () => {
      for (const payload of good) {
        const controller = new AbortController();
        const work = challenger.run(challenger.input.parse(payload), silent(context), controller.signal);
        controller.abort();
        expect(await Promise.allSettled([work])).toHaveLength(1);
      }
    });

    test("any payload is answered or 400, never a failure", async () => {
      const payloads = fc.oneof(fc.anything(), fc.jsonValue(), ...good.map(spoilt));
      const port = openChallenges([challenger], { context });
      await fc.assert(
        fc.asyncProperty(payloads, async (payload) => {
          const outcome = await refusalOf(port.run(type, payload, signal));
          expect(outcome).toMatch(/^(answered$|400 challenge_payload: payload)/);
          // It is shown to the caller, whose own text it may hold only in part.
          expect(outcome.length).toBeLessThan(500);
        }),
      );
    });

    test("what fails in the node is not shown: neither in the answer nor in the error", async () => {
      const port = openChallenges([challenger], { context: failing(context) });
      for (const payload of good) {
        const answer = await port.run(type, payload, signal).catch((error: unknown) => error);
        const shown = answer instanceof FxnError ? [answer.message, answer.headers] : answer;
        expect(JSON.stringify(shown)).not.toContain(CANARY);
      }
    });
  });
}

/** Whether JSON carries it whole: NaN, typed arrays and the like would arrive as something else. */
function isJson(value: unknown): boolean {
  if (value instanceof JsonText) return isJson(JSON.parse(Buffer.concat(value.pieces).toString()));
  if (typeof value === "number") return Number.isFinite(value);
  if (value === null || ["string", "boolean", "undefined"].includes(typeof value)) return true;
  if (typeof value !== "object") return false;
  const plain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  return plain && Object.values(value).every(isJson);
}

/** A good payload, one place of which holds something else. */
function spoilt(good: unknown): fc.Arbitrary<unknown> {
  return fc
    .tuple(fc.constantFrom(...placesOf(good)), fc.oneof(fc.jsonValue(), fc.anything()))
    .map(([place, value]) => replaced(good, place, value));
}

type Place = readonly string[];

function placesOf(value: unknown, at: Place = []): Place[] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, inner]) => placesOf(inner, [...at, key]))];
}

function replaced(value: unknown, [key, ...rest]: Place, put: unknown): unknown {
  if (key === undefined || typeof value !== "object" || value === null) return put;
  const inner = replaced(Reflect.get(value, key), rest, put);
  return Array.isArray(value) ? value.with(Number(key), inner) : { ...value, [key]: inner };
}

/** The same ports, of which those that take a signal answer nothing until it aborts. */
function silent(context: ChallengeContext): ChallengeContext {
  return altered(context, (call, args) => {
    const heard = args.find((arg) => arg instanceof AbortSignal);
    return heard ? untilAborted(new Promise(() => {}), heard) : call();
  });
}

function failing(context: ChallengeContext): ChallengeContext {
  return altered(context, () => {
    throw new Error(CANARY);
  });
}

type Alter = (call: () => unknown, args: readonly unknown[]) => unknown;

/** The object, every function of which, at whatever depth, is called through `alter`. */
function altered<T extends object>(target: T, alter: Alter): T {
  return new Proxy(target, {
    get(object, key) {
      const value: unknown = Reflect.get(object, key);
      if (typeof value === "function") {
        return (...args: unknown[]) => alter(() => Reflect.apply(value, object, args), args);
      }
      const plain = typeof value === "object" && value !== null && !ArrayBuffer.isView(value);
      return plain ? altered(value, alter) : value;
    },
  });
}
