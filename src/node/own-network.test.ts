import { afterEach, describe, expect, test } from "bun:test";
import { checkConformance } from "../../test/conformance/checks.ts";
import { until } from "../../test/e2e/until.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { fail, ok } from "../core/check.ts";
import { FxnError } from "../core/errors.ts";
import type { OwnSession } from "../core/network.ts";
import { OwnListeners } from "./own-listeners.ts";
import { OwnNetwork } from "./own-network.ts";

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A network that is well, but for what a test changes in it. */
function setUp(change: Partial<OwnSession> & { open?: () => void } = {}) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const steps: string[] = [];
  let opened = 0;
  const session: OwnSession = {
    listen: undefined,
    routes: () => [],
    async run(signal) {
      steps.push("run");
      await untilAborted(signal);
      steps.push("ended");
    },
    async drain() {
      steps.push("drain");
    },
    health: () => ({ ready: true, reasons: [] }),
    status: () => [{ name: "is", value: "well" }],
    checks: () => [],
    ...change,
  };
  const network = new OwnNetwork({
    id: "toy",
    async open() {
      opened++;
      change.open?.();
      return session;
    },
    listeners: new OwnListeners(clock, log),
    limits: { bufferedBodies: 1_000_000, bodyTimeout: 1000, deadlineMs: 5000 },
    clock,
    log,
  });
  const stopping = new AbortController();
  const running = network.run(stopping.signal);
  const stop = () => {
    stopping.abort();
    return running;
  };
  stops.push(stop);
  return { network, clock, log, steps, stop, opened: () => opened };
}

describe("a network of its own accord", () => {
  test("works until it is told to stop, drains while it still works, and may be begun again", async () => {
    const { network, clock, steps, stop } = setUp();
    await clock.advance(0);
    expect(network.status()).toMatchObject({
      id: "toy",
      ready: true,
      listen: null,
      lines: [{ name: "is", value: "well" }],
    });
    await stop();
    expect(steps).toEqual(["run", "drain", "ended"]);
    expect(network.health()).toEqual({ ready: false, reasons: ["toy: not begun yet"] });
    const again = new AbortController();
    const running = network.run(again.signal);
    await clock.advance(0);
    expect(network.health().ready).toBeTrue();
    again.abort();
    await running;
  });

  test("one that cannot be opened says why, with the hint in the log, and is tried again", async () => {
    const fault = new FxnError("toy_broken", 500, "the key is missing", { hint: "fxn accounts new --nostr" });
    let broken = true;
    const { network, clock, log, opened } = setUp({
      open() {
        if (broken) throw fault;
      },
    });
    await clock.advance(0);
    expect(network.health()).toEqual({ ready: false, reasons: ["toy: the key is missing"] });
    expect(JSON.stringify(log)).toContain("fxn accounts new --nostr");
    await clock.advance(1000 + 2000);
    expect(opened()).toBe(3);
    broken = false;
    await clock.advance(4000);
    expect(network.health().ready).toBeTrue();
  });

  test("one that fails, or ends by itself, is begun again; after a long good time at once", async () => {
    let fail: (error: unknown) => void = () => {};
    const { network, clock, opened } = setUp({
      run: (signal) =>
        new Promise((resolve, reject) => {
          fail = reject;
          signal.addEventListener("abort", () => resolve(), { once: true });
        }),
    });
    await clock.advance(0);
    for (const wait of [1000, 2000, 4000]) {
      fail(new Error("relay gone"));
      await clock.advance(0);
      expect(network.health().reasons).toEqual(["toy: relay gone"]);
      await clock.advance(wait);
      expect(network.health().ready).toBeTrue();
    }
    await clock.advance(120_000);
    fail(new Error("relay gone"));
    await clock.advance(0);
    await clock.advance(1000);
    expect([network.health().ready, opened()]).toEqual([true, 5]);
  });

  test("a port that somebody has", async () => {
    const taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
    stops.push(() => taken.stop(true));
    const listen = {
      host: "127.0.0.1",
      port: taken.port ?? 0,
      path: "",
      tls: undefined,
      readTls: () => undefined,
      failure: () => new Response(),
    };
    const { network, clock, steps } = setUp({ listen });
    for (let i = 0; i < 100 && !network.health().reasons.join().includes("cannot"); i++) await clock.advance(10);
    expect(network.health().reasons[0]).toContain(`cannot listen on 127.0.0.1:${taken.port}`);
    expect(steps).toEqual([]);
  });

  test("work that does not end is cut off at the deadline", async () => {
    const cut: boolean[] = [];
    const { clock, stop } = setUp({
      async drain(signal) {
        await untilAborted(signal);
        cut.push(signal.aborted);
      },
    });
    await clock.advance(0);
    const stopped = stop();
    await clock.advance(0);
    await clock.advance(4999);
    expect(cut).toEqual([]);
    await clock.advance(1);
    await stopped;
    expect(cut).toEqual([true]);
  });

  const found = async (network: OwnNetwork) =>
    (await checkConformance(network.checks(), "toy")).map(({ id, state, message }) => [id, state, message]);

  test("its own checks stand between that of its session and that it gives work", async () => {
    const own = { id: "toy.task", title: "There is work", run: async () => ok("much") };
    const { network } = setUp({ checks: () => [own] });
    await until(() => network.checks().length === 3);
    expect(await found(network)).toEqual([
      ["toy.session", "ok", "its session runs"],
      ["toy.task", "ok", "much"],
      ["toy.ready", "ok", "it can be given work"],
    ]);
  });

  test("one that cannot begin is red by the first, with the reason and what to do, and nothing else of it is asked", async () => {
    const { network } = setUp({
      open() {
        throw new FxnError("no_key", 500, "no key", { hint: "Make one." });
      },
    });
    await until(() => network.health().reasons[0] === "toy: no key");
    const [finding] = await checkConformance(network.checks(), "toy");
    expect(finding).toMatchObject({ id: "toy.session", state: "fail", message: "no key", hint: "Make one." });
    expect((await found(network)).at(-1)).toEqual(["toy.ready", "skip", "not asked, since toy.session is red"]);
  });

  test("one that gives no work is red by its own check that explains it; without one it says why itself", async () => {
    const health = () => ({ ready: false, reasons: ["nobody knows this node", "the night"] });
    const { network } = setUp({ health });
    await until(() => network.runs);
    expect((await found(network)).at(-1)).toEqual(["toy.ready", "fail", "nobody knows this node; the night"]);
    const task = { id: "toy.task", title: "There is work", run: async () => fail("none", "Wait.") };
    const { network: other } = setUp({ health, checks: () => [task] });
    await until(() => other.runs);
    expect((await found(other)).slice(1)).toEqual([
      ["toy.task", "fail", "none"],
      ["toy.ready", "skip", "not asked, since toy.task is red"],
    ]);
  });
});
