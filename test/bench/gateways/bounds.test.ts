import { expect, test } from "bun:test";
import { missed } from "../comparison.ts";
import { gatewayBounds } from "./bounds.ts";
import { choose } from "./chosen.ts";
import { gatewayFigures } from "./figures.ts";
import { GATEWAYS } from "./peers/index.ts";
import type { Result, Round } from "./result.ts";

/** Good at everything by the factor `slow`: 1 is 1,000 requests a second, each 100 µs. */
function round(slow: number, wrong = 0): Round {
  const times = (p50: number) => ({ p50: p50 * slow, p99: 2 * p50 * slow, max: 3 * p50 * slow });
  const rest = { closed: 0, wrong, unanswered: 0, statuses: {} };
  const plain = { good: 1000, seconds: slow, latency: times(100), ...rest };
  return {
    plain: new Map([1, 10, 64].map((connections) => [connections, plain])),
    streams: { good: 10, seconds: 1, firstToken: times(100), lag: times(10), ...rest },
    cpuPerThousand: slow,
  };
}

function result(name: string, kind: Result["kind"], rounds: Round[]): Result {
  const memory = { rss: 10, peak: 20, pss: 9 };
  return { name, kind, rounds, startMs: 5, ...(kind === "ceiling" ? {} : { idle: memory, loaded: memory }) };
}

const direct = result("direct", "ceiling", [round(0.1)]);
const nginx = result("nginx", "proxy", [round(0.5)]);
const verdicts = (...results: Result[]) =>
  gatewayBounds(results).map((row) => ("why" in row ? `${row.what}: ${row.why}` : missed(row)));

test("a gateway that is better than all keeps every bound", () => {
  const others = [result("a", "ai", [round(4)]), result("b", "ai", [round(3)])];
  expect(verdicts(direct, nginx, result("fxn", "ai", [round(0.6)]), ...others)).toEqual(Array(7).fill(false));
});

test("one that is slower, or wrong once, misses them", () => {
  const others = [result("a", "ai", [round(40)]), result("b", "ai", [round(7)])];
  const ours = result("fxn", "ai", [round(8, 1)]);
  expect(verdicts(direct, nginx, ours, ...others)).toEqual(Array(7).fill(true));
});

test("the best of the others counts, over the median of the rounds", () => {
  const rounds = [round(9), round(1), round(0.01)];
  const [, rate] = gatewayBounds([
    result("fxn", "ai", rounds),
    result("a", "ai", [round(5)]),
    result("b", "ai", [round(2)]),
  ]);
  expect(rate).toMatchObject({ measured: "1000", against: "500 b", ratio: 2 });
});

test("without good answers there is no figure, and the bound is missed", () => {
  const { streams, ...rest } = round(1);
  const silent = result("fxn", "ai", [{ ...rest, streams: { ...streams, firstToken: undefined } }]);
  expect(verdicts(direct, nginx, silent).slice(-2)).toEqual([true, true]);
  expect(gatewayFigures([silent]).lines[0]).toContain("none / none");
});

test("who is not there is said", () => {
  expect(verdicts(direct, nginx)).toEqual(["all bounds of fxn: it did not start"]);
  expect(verdicts(result("fxn", "ai", [round(1)]))).toEqual([
    false,
    "fxn against other AI gateways: none could be started",
    "fxn against nginx: it could not be started",
    "first token added over direct: it could not be measured",
  ]);
});

test("the table has a line for each, and no figures of processes where there are none", () => {
  const { head, lines } = gatewayFigures([direct, nginx]);
  expect(lines.map((line) => line.length)).toEqual([head.length, head.length]);
  expect(lines[0]?.slice(7)).toEqual(["", "", "", "10 / 20", "1 / 2", "", "0"]);
  expect(lines[1]?.slice(0, 2)).toEqual(["nginx", "50 / 100"]);
});

test("a choice of gateways leaves the others out by name", () => {
  const { chosen, leftOut } = choose(GATEWAYS, "direct,fxn");
  expect(chosen.map(({ name }) => name)).toEqual(["direct", "fxn"]);
  expect(leftOut.length).toBe(GATEWAYS.length - 2);
  expect(choose(GATEWAYS, undefined)).toEqual({ chosen: [...GATEWAYS], leftOut: [] });
});
