import { describe, expect, test } from "bun:test";
import { Registry } from "prom-client";
import { FakeBackend } from "../../test/fakes/backend.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { backend } from "../../test/fakes/inference-rig.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import type { ServerConfig } from "../config/models-schema.ts";
import { BoundedQueue } from "../lib/bounded-queue.ts";
import { ownRows } from "../lib/shared-rows.ts";
import { inferenceMetrics } from "../observe/metrics/inference.ts";
import { type Lease, ModelPool } from "./pool.ts";
import { Upstream } from "./upstream.ts";

const CHAT = "/v1/chat/completions";
const NONE = new Set<never>();
const never = () => new AbortController().signal;
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function setUp(backends: Partial<ServerConfig>[], queue = { size: 2, timeout: 30_000 }) {
  const clock = new FakeClock();
  const register = new Registry();
  const rows = ownRows(clock);
  const metrics = inferenceMetrics(register);
  const health = { failures: 1, ejection: 4000, maxEjection: 30_000 };
  const members = backends.map((more, i) => {
    const url = `http://fake:${i}`;
    const upstream = new Upstream(url, new FakeBackend(url), health, { clock, log: new FakeLog(), metrics, rows });
    return { upstream, config: backend(url, more), inflight: 0 };
  });
  const queueOf = (id: string) => new BoundedQueue(queue, rows.row(`waiting ${id}`).counter, clock);
  const configs = members.map(({ config }) => config);
  const pool = new ModelPool({ id: "tiny", aliases: [], backends: configs }, members, queueOf("tiny"), {
    clock,
    metrics,
    rows,
  });
  const take = (signal = never()) => pool.acquire(CHAT, NONE, "toy", () => signal);
  const nameOf = ({ member }: Lease) => members.indexOf(member as (typeof members)[number]);
  const gauge = async (name: string) => (await register.getSingleMetric(name)?.get())?.values[0]?.value;
  return { clock, pool, members, take, nameOf, gauge };
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    ({ code, headers }) => [code, headers["Retry-After"]].join(" ").trim(),
  );

describe("pick", () => {
  test("equal servers take turns", async () => {
    const { take, nameOf } = setUp([{}, {}, {}]);
    const picked: number[] = [];
    for (let i = 0; i < 6; i++) {
      const lease = await take();
      picked.push(nameOf(lease));
      lease.release();
    }
    expect(picked).toEqual([0, 1, 2, 0, 1, 2]);
  });

  test("the least busy one, by weight", async () => {
    const { take, members } = setUp([{ weight: 3 }, { weight: 1 }]);
    for (let i = 0; i < 8; i++) await take();
    expect(members.map(({ upstream }) => upstream.inflight)).toEqual([6, 2]);
  });

  test("only one that has the route, and is not left out", async () => {
    const { pool, members, take, nameOf } = setUp([{ routes: ["/v1/rerank"] }, {}, {}]);
    members[1]?.upstream.breaker.admit().failed("down");
    for (let i = 0; i < 3; i++) expect(nameOf(await take())).toBe(2);
    expect(nameOf(await pool.acquire("/v1/rerank", NONE, "toy", never))).toBe(0);
  });
});

describe("queue", () => {
  test("waits for a place, first in first out; depth is in the metrics", async () => {
    const { take, gauge } = setUp([{ maxConcurrent: 1 }]);
    const first = await take();
    const order: string[] = [];
    void take().then((lease) => {
      order.push("b");
      lease.release();
    });
    void take().then(() => order.push("c"));
    await settle();
    expect(await gauge("fxn_inference_queue_depth")).toBe(2);
    first.release();
    first.release();
    await settle();
    expect(order).toEqual(["b", "c"]);
    expect(await gauge("fxn_inference_queue_depth")).toBe(0);
    expect(await gauge("fxn_backend_inflight")).toBe(1);
  });

  test("full: 429 with an estimate in whole seconds", async () => {
    const { clock, take } = setUp([{ maxConcurrent: 1 }]);
    const lease = await take();
    await clock.advance(20_000);
    lease.release();
    await take();
    void take().catch(() => {});
    void take().catch(() => {});
    // The mean is 1 s with a fifth of 20 s mixed in; two wait, and it would be the third.
    expect(await codeOf(take())).toBe("queue_full 15");
  });

  test("timed out: 429; left: no longer counted", async () => {
    const { clock, pool, take } = setUp([{ maxConcurrent: 1 }]);
    await take();
    const abort = new AbortController();
    const left = codeOf(take(abort.signal));
    const late = codeOf(take());
    abort.abort();
    expect(await left).toBe("client_closed_request");
    expect(pool.waiting).toBe(1);
    await clock.advance(30_000);
    expect(await late).toBe("queue_timeout 1");
  });

  test("a server that comes back serves those who wait", async () => {
    const { clock, members, take, nameOf } = setUp([{ maxConcurrent: 1 }, {}]);
    members[1]?.upstream.breaker.admit().failed("down");
    await take();
    const waiting = take();
    await clock.advance(4000);
    members[1]?.upstream.breaker.admit().answered();
    expect(nameOf(await waiting)).toBe(1);
  });
});

test("a waiter that takes a place as the half-open trial takes one place, and gives it back", async () => {
  const { clock, members, take } = setUp([{ maxConcurrent: 1 }, { maxConcurrent: 1 }]);
  members[0]?.upstream.breaker.admit().failed("down");
  const busy = await take();
  const waiting = take();
  await clock.advance(4000);
  busy.release();
  const lease = await waiting;
  expect(members.map(({ upstream }) => upstream.inflight).sort()).toEqual([0, 1]);
  lease.ticket.answered();
  lease.release();
  expect(members.map(({ upstream }) => upstream.inflight)).toEqual([0, 0]);
  expect(members.every(({ upstream }) => upstream.breaker.available())).toBeTrue();
});

describe("all are left out", () => {
  test("refused at once, with the time until one is tried again", async () => {
    const { clock, members, take } = setUp([{}, {}]);
    for (const { upstream } of members) upstream.breaker.admit().failed("down");
    await clock.advance(500);
    expect(await codeOf(take())).toBe("no_backend_available 4");
  });

  test("those who wait are refused too", async () => {
    const { members, take } = setUp([{ maxConcurrent: 1 }, { maxConcurrent: 1 }]);
    const leases = [await take(), await take()];
    const waiting = codeOf(take());
    for (const { ticket } of leases) ticket.failed("down");
    expect(await waiting).toBe("no_backend_available 4");
    expect(members[0]?.upstream.inflight).toBe(1);
  });

  test("but the only server for a route is always asked: leaving it out would gain nothing", async () => {
    const { members, take, nameOf } = setUp([{}, { routes: ["/v1/rerank"] }]);
    members[0]?.upstream.breaker.admit().failed("down");
    expect([nameOf(await take()), nameOf(await take())]).toEqual([0, 0]);
    members[0]?.upstream.breaker.admit().answered();
    expect(members[0]?.upstream.breaker.state).toBe("closed");
  });

  test("half-open: exactly one of many passes, the others are refused until it has an answer", async () => {
    const { clock, members, take } = setUp([{}, {}]);
    members[0]?.upstream.breaker.admit().failed("down");
    await clock.advance(4000);
    members[1]?.upstream.breaker.admit().failed("down");
    const results = await Promise.all(Array.from({ length: 20 }, () => codeOf(take())));
    expect(results.filter((result) => result === "no error").length).toBe(1);
    expect(results.filter((result) => result === "no_backend_available 1").length).toBe(19);
  });
});
