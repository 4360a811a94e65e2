import { expect, test } from "bun:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import type { Fetch } from "../lib/fetch.ts";
import { DeadMan } from "./dead-man.ts";

test("asks at its interval until it is ended; what fails is said once, without the path that is the secret", async () => {
  const clock = new FakeClock();
  const log = new FakeLog();
  let status = 200;
  let asked = 0;
  const fetch: Fetch = async () => {
    asked++;
    return { status, headers: new Headers(), body: new Uint8Array() };
  };
  const counts: string[] = [];
  const count = (target: string, outcome: string) => counts.push(`${target} ${outcome}`);
  const url = "https://ping.example/d3adb33f";
  const deadMan = new DeadMan({ url, interval: 60_000 }, { fetch, clock, log, version: "1", count });
  const ending = new AbortController();
  const run = deadMan.run(ending.signal);
  await clock.advance(0);
  await clock.advance(3 * 60_000 - 1);
  expect(asked).toBe(3);
  status = 404;
  await clock.advance(3 * 60_000);
  expect(asked).toBe(6);
  expect(deadMan.state().lastError).toBe("it answered 404");
  expect(log.lines).toHaveLength(1);
  status = 200;
  await clock.advance(60_000);
  expect(deadMan.state().lastError).toBeNull();
  ending.abort();
  await run;
  await clock.advance(10 * 60_000);
  expect(asked).toBe(7);
  expect(new Set(counts)).toEqual(new Set(["dead-man ping.example sent", "dead-man ping.example failed"]));
  expect(JSON.stringify(log.lines)).not.toContain("d3adb33f");
});
