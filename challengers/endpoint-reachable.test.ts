import { describe, expect, test } from "bun:test";
import { createReach } from "../src/lib/reach.ts";
import { challengerConformance } from "../test/conformance/challengers.ts";
import { challengeContext, openChallenges } from "../test/fakes/challenges.ts";
import { FakeClock } from "../test/fakes/clock.ts";
import { FakeLog } from "../test/fakes/log.ts";
import { endpointReachable } from "./endpoint-reachable.ts";

const TYPE = "ENDPOINT_REACHABLE";
const signal = new AbortController().signal;
const at = (length: number) => "http://a.example/".padEnd(length, "a");

challengerConformance(endpointReachable, {
  context: challengeContext(),
  good: ["http://a.example/", "HTTPS://a.example:8443/x?y#z", "http://127.0.0.1/", "http://[::1]/", at(2048)],
  bad: [
    undefined,
    null,
    1,
    {},
    { url: "http://a.example/" },
    ["http://a.example/"],
    "",
    "a.example",
    "//a.example/",
    "ftp://a.example/",
    "file:///etc/passwd",
    "javascript:0",
    "http://",
    "http://[::1",
    "http://u@a.example/",
    "http://:p@a.example/",
    at(2049),
  ].map((payload) => ({ payload, field: "payload" })),
});

describe(TYPE, () => {
  test("the URL and the signal go to the one way out; its yes or no is the whole answer", async () => {
    for (const answer of [true, false]) {
      const asked: string[] = [];
      const reachable = async (url: string) => {
        asked.push(url);
        return answer;
      };
      const port = openChallenges([endpointReachable], { context: challengeContext({ reachable }) });
      expect(await port.run(TYPE, "http://a.example/x", signal)).toEqual({ reachable: answer });
      expect(asked).toEqual(["http://a.example/x"]);
    }
  });

  test("an endpoint that is silent for five seconds is an answer, not a failed challenge", async () => {
    const clock = new FakeClock();
    const resolve = () => new Promise<string[]>(() => {});
    const reachable = createReach({ allowedHosts: [], clock, log: new FakeLog(), resolve });
    const port = openChallenges([endpointReachable], { context: challengeContext({ reachable }), clock });
    const pending = port.run(TYPE, "http://a.example/", signal);
    await clock.advance(5000);
    expect(await pending).toEqual({ reachable: false });
  });
});
