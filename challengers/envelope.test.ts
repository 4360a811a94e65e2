import { describe, expect, test } from "bun:test";
import { FxnError, messageOf } from "../src/core/errors.ts";
import { openChallenges, refusalOf } from "../test/fakes/challenges.ts";
import { INLINE_BYTES } from "./challenger.ts";
import { CHALLENGERS } from "./index.ts";

const signal = new AbortController().signal;
const port = openChallenges(CHALLENGERS);
const answer = (body: string | Uint8Array) =>
  port.answer(typeof body === "string" ? new TextEncoder().encode(body) : body, signal);

describe("challenge bodies", () => {
  const outcomes: readonly (readonly [what: string, body: string | Uint8Array, outcome: string])[] = [
    ["nothing", "", "400 invalid_body"],
    ["broken JSON", `{"type": canary`, "400 invalid_body"],
    ["bytes that are no UTF-8", new Uint8Array([0x22, 0xff, 0x22]), "400 invalid_body"],
    ["a list", `["IDENTITY"]`, "400 invalid_challenge"],
    ["null", "null", "400 invalid_challenge"],
    ["no type", `{"payload":{}}`, "400 invalid_challenge"],
    ["a type that is no text", `{"type":7,"payload":{}}`, "400 invalid_challenge"],
    ["no payload", `{"type":"IDENTITY"}`, "answered"],
    ["fields of a later version", `{"type":"IDENTITY","payload":1,"version":2}`, "answered"],
    [
      "a large body of a challenge that takes none",
      `{"type":"ENDPOINT_REACHABLE","payload":"${"x".repeat(INLINE_BYTES)}"}`,
      "400 challenge_payload: payload: ENDPOINT_REACHABLE takes a body of at most 64 KB",
    ],
    [
      "a large body of a challenge that does not look at it",
      `{"type":"IDENTITY","payload":"${"x".repeat(INLINE_BYTES)}"}`,
      "answered",
    ],
    [
      "a large body of a type that there is not",
      `{"type":"NO","payload":"${"x".repeat(INLINE_BYTES)}"}`,
      "400 challenge_unknown",
    ],
    ["a large body that is no JSON", `[${"[1],".repeat(INLINE_BYTES)}`, "400 invalid_body"],
  ];
  for (const [what, body, outcome] of outcomes) {
    test(`${what}: ${outcome}`, async () => {
      expect(await refusalOf(answer(body))).toStartWith(outcome);
    });
  }

  test("no part of a refused body is in the error", async () => {
    for (const body of [`{"type": canary`, `{"type":["canary"]}`, `{"type":["canary"]}${" ".repeat(INLINE_BYTES)}`]) {
      const thrown: unknown = await answer(body).catch((error) => error);
      if (!(thrown instanceof FxnError)) throw new Error("it passed");
      const { message, hint, cause } = thrown;
      expect([message, hint, messageOf(cause)].join()).not.toContain("canary");
    }
  });
});
