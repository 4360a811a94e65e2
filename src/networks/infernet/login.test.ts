// The login by a code: confirmed, expired, forgotten, and a page that is none.
import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { type Fault, PLANE } from "../../../test/fakes/infernet-control-plane.ts";
import { infernetRig } from "../../../test/fakes/infernet-ports.ts";
import type { Fetch } from "../../lib/fetch.ts";
import { ControlPlane } from "./control-plane.ts";
import { awaitLogin, startLogin, tokenOf } from "./login.ts";

function client(fetch?: Fetch) {
  const clock = new FakeClock();
  const rig = infernetRig(clock);
  return { clock, rig, plane: new ControlPlane(PLANE, { ...rig.ports, ...(fetch && { fetch }) }) };
}
const says = (json: unknown): Fetch => {
  const body = new TextEncoder().encode(JSON.stringify(json));
  return async () => ({ status: 200, headers: new Headers(), body });
};
const never = new AbortController().signal;
const outcomeOf = (work: Promise<unknown>) => work.then(String, String);

describe("login", () => {
  test("a code that is confirmed gives a token, which prints as ***", async () => {
    const { clock, rig, plane } = client();
    const login = await startLogin(plane);
    expect(login.verifyUrl).toContain(login.code);
    const waiting = awaitLogin(plane, login, clock, never);
    await clock.advance(5000);
    const troubles: Fault[] = [
      ...[503, 429, 404].map((status): Fault => ({ kind: "status", status, applied: false })),
      { kind: "lost", applied: false },
    ];
    for (const trouble of troubles) {
      rig.plane.fault = (path) => (path.includes("poll") ? trouble : undefined);
      await clock.advance(5000);
    }
    rig.plane.fault = () => undefined;
    rig.plane.codes.set(login.code, "authorized");
    await clock.advance(5000);
    const { token, email } = await waiting;
    expect([token.reveal(), String(token), email]).toEqual(["header.payload.signature", "***", "a@b.example"]);
  });

  test("one that nobody confirms ends after ten minutes; one that was used or is unknown ends at once", async () => {
    const { clock, rig, plane } = client();
    const login = await startLogin(plane);
    const waiting = outcomeOf(awaitLogin(plane, login, clock, never));
    for (let i = 0; i < 320; i++) await clock.advance(2000);
    expect(await waiting).toContain("nobody has confirmed");
    rig.plane.codes.set(login.code, "consumed");
    expect(await outcomeOf(awaitLogin(plane, login, clock, never))).toContain("the code is consumed");
    rig.plane.codes.clear();
    expect(await outcomeOf(awaitLogin(plane, login, clock, never))).toContain("does not know the code");
  });

  test.each([
    ["a page that is a script", { code: "ABC", verify_url: "javascript:alert(1)" }],
    ["a code that leads elsewhere", { code: "../../node/me", verify_url: "https://plane.example/x" }],
    ["nothing", {}],
  ])("%s is refused", async (_name, answer) => {
    expect(await outcomeOf(startLogin(client(says(answer)).plane))).toMatch(/is none|offers no login/);
  });
});

test("a token is one word, as the file holds it or with a line's end", () => {
  expect(tokenOf("header.payload.signature\r\n").reveal()).toBe("header.payload.signature");
  for (const text of ["", "\n", "header.\npayload", "two words", "t\u00f6ken"]) {
    expect(() => tokenOf(text)).toThrow("this is no token");
  }
});
