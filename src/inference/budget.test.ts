import { describe, expect, test } from "bun:test";
import { FakeBackend } from "../../test/fakes/backend.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { backend } from "../../test/fakes/inference-rig.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { BoundedQueue } from "../lib/bounded-queue.ts";
import { ownRows } from "../lib/shared-rows.ts";
import { inferenceMetrics } from "../observe/metrics/inference.ts";
import { Registry } from "../observe/metrics/node.ts";
import { Budget, type Share } from "./budget.ts";
import { ModelPool } from "./pool.ts";
import { Upstream } from "./upstream.ts";

const share = (more: Partial<Share> = {}): Share => ({ weight: 1, places: 0, quietHours: [], ...more });
const NOON = new Date(2026, 10, 26, 12, 0).getTime();
const never = () => new AbortController().signal;
const NONE: ReadonlySet<never> = new Set();

function setUp(shares: Record<string, Share>, maxConcurrent = 4) {
  const clock = new FakeClock(NOON);
  const rows = ownRows(clock);
  const metrics = inferenceMetrics(new Registry());
  const budget = new Budget(shares, { rows, clock });
  const health = { failures: 1, ejection: 4000, maxEjection: 30_000 };
  const upstream = new Upstream("x", new FakeBackend("x"), health, { clock, log: new FakeLog(), metrics, rows });
  const config = backend("http://x", { maxConcurrent });
  const model = { id: "tiny", aliases: [], backends: [config] };
  const limits = { size: 1000, timeout: 1_000_000 };
  const queue = new BoundedQueue(limits, rows.row("waiting tiny").counter, clock);
  const pool = new ModelPool(model, [{ upstream, config }], queue, { clock, metrics, rows, budget });
  const acquire = (network: string) => pool.acquire("/v1/chat/completions", NONE, network, never);
  return { clock, budget, acquire, pool };
}

describe("shares", () => {
  test("two networks that always want more get places by their weights", async () => {
    const { clock, acquire } = setUp({ big: share({ weight: 3 }), small: share() });
    const done: Record<string, number> = { big: 0, small: 0 };
    const work = async (network: string) => {
      for (;;) {
        const lease = await acquire(network);
        await new Promise<void>((resolve) => clock.after(100, resolve));
        done[network] = (done[network] ?? 0) + 1;
        lease.release();
      }
    };
    for (let i = 0; i < 10; i++) for (const network of ["big", "small"]) void work(network);
    await clock.advance(20_000);
    const { big = 0, small = 0 } = done;
    expect(big + small).toBeGreaterThan(700);
    expect(big / small).toBeWithin(2.5, 3.5);
  });

  test("what nobody else wants is anybody's", async () => {
    const { acquire } = setUp({ big: share({ weight: 1000 }), small: share() });
    for (let i = 0; i < 4; i++) await acquire("small");
  });

  test("no network has more than its places, and one that has them all holds nobody up", async () => {
    const { acquire, budget, clock } = setUp({ one: share({ places: 1 }), other: share() });
    const first = await acquire("one");
    expect(budget.of("one").admission()).toEqual({ places: 0, reason: "its share of the places is taken" });
    let second = false;
    void acquire("one").then(() => {
      second = true;
    });
    for (let i = 0; i < 3; i++) await acquire("other");
    await clock.advance(100);
    expect(second).toBeFalse();
    first.release();
    await clock.advance(100);
    expect(second).toBeTrue();
    expect(budget.running()).toBe(4);
  });
});

describe("rest", () => {
  test("in quiet hours a network is refused, with when to come again; the others are not", async () => {
    const { budget, clock } = setUp({ night: share({ quietHours: [{ from: 720, to: 750 }] }), day: share() });
    expect(budget.of("night").admission()).toEqual({ places: 0, reason: "quiet hours" });
    expect(() => budget.refuseWhoRests("night")).toThrow("quiet hours");
    try {
      budget.refuseWhoRests("night");
    } catch (error) {
      expect(error).toMatchObject({ code: "network_rests", status: 503, headers: { "Retry-After": "1800" } });
    }
    budget.refuseWhoRests("day");
    await clock.advance(30 * 60_000);
    budget.refuseWhoRests("night");
    expect(budget.of("night").admission().places).toBeGreaterThan(1000);
  });

  test("while the operator uses the GPU all are refused, until he has not for a while", async () => {
    const { budget, clock } = setUp({ one: share(), other: share() });
    budget.keepForOwner(120_000);
    for (const network of ["one", "other"]) expect(() => budget.refuseWhoRests(network)).toThrow("the operator uses");
    await clock.advance(119_000);
    expect(budget.of("one").admission().reason).toBe("the operator uses the GPU");
    await clock.advance(1000);
    for (const network of ["one", "other"]) budget.refuseWhoRests(network);
  });
});
