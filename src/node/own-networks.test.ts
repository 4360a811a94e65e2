// A reload and the networks of their own accord: who has other settings begins anew, beside and after; the others never notice.
import { afterEach, describe, expect, test } from "bun:test";
import { Registry } from "prom-client";
import { z } from "zod";
import { until } from "../../test/e2e/until.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { InferenceRig } from "../../test/fakes/inference-rig.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { FakeNetworkState } from "../../test/fakes/network-state.ts";
import { NO_CHAIN } from "../../test/fakes/no-chain.ts";
import { NO_MODEL_PROGRAM } from "../../test/fakes/no-model-program.ts";
import { FxnError } from "../core/errors.ts";
import type { OwnListen, OwnSession } from "../core/network.ts";
import { nostrFromKey } from "../keys/nostr.ts";
import { signerFromKey } from "../keys/signer.ts";
import { createFetch } from "../lib/fetch.ts";
import { loadConfig, type OwnConfig } from "../networks/config.ts";
import { ownNetwork } from "../networks/ports.ts";
import { OwnNetworks } from "./own-networks.ts";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const NO_MODELS = { models: [], catchAll: false };
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const { config } = await loadConfig({ home: "/home", env: {}, readFile: async () => undefined });

const LISTEN: OwnListen = {
  ...{ host: "127.0.0.1", port: 0, path: "", tls: undefined, readTls: () => undefined },
  failure: ({ code }) => new Response(code, { status: 503 }),
};

async function* streamOf(begun: string, end: Promise<string>) {
  yield begun;
  yield await end;
}

interface Toy {
  /** Holds its end up. */
  readonly slow?: Promise<void>;
  /** It listens, gives way to the next one, and says the size of what it is sent. */
  readonly called?: boolean;
  /** Work that it has under way. */
  readonly running?: number;
  /** What its answers end with. */
  readonly stream?: Promise<string>;
  /** Ends its work with a failure. */
  readonly fails?: () => Promise<void>;
}

function setUp(toys: Record<string, Toy> = {}) {
  const steps: string[] = [];
  const clock = new FakeClock();
  const log = new FakeLog();
  const ended: string[] = [];
  const followed: (() => number)[] = [];

  function toy(id: string, written: Record<string, unknown> = {}, account = id): OwnConfig {
    const network = ownNetwork({
      id,
      keyKind: "nostr",
      settings: z.object({
        name: z.string().default(""),
        refuse: z.boolean().default(false),
        port: z.number().default(0),
      }),
      checkWords: {},
      replayWindowMs: 0,
      importFile: () => ({ settings: {}, notes: [], privateKey: undefined, modelServer: undefined }),
      readEnvironment: () => ({ settings: [], notes: [], privateKey: undefined, keyPassword: undefined }),
      open({ name, refuse, port }): OwnSession {
        const me = `${id}${name}`;
        if (refuse) throw new FxnError("toy_refuses", 500, `${me} refuses`);
        steps.push(`open ${me}`);
        const called = toys[me]?.called === true;
        return {
          listen: called ? { ...LISTEN, port } : undefined,
          succession: called
            ? {
                names: [me],
                giveWay: (names) => steps.push(`${me} gives way to ${names}`),
                running: () => toys[me]?.running ?? 0,
                follow: (running) => followed.push(running),
              }
            : undefined,
          routes: () => [
            {
              ...{ method: "POST", path: "/size", maxBody: 1000 },
              async handle({ body }) {
                const begun = `${me} ${(await body()).length}`;
                return new Response(toys[me]?.stream ? streamOf(begun, toys[me].stream) : begun);
              },
            },
          ],
          async run(signal) {
            steps.push(`run ${me}`);
            const told = new Promise<void>((resolve) =>
              signal.addEventListener("abort", () => resolve(), { once: true }),
            );
            await Promise.race([told, toys[me]?.fails?.() ?? told]);
            steps.push(`ended ${me}`);
          },
          async drain() {
            steps.push(`drain ${me}`);
            await toys[me]?.slow;
          },
          health: () => ({ ready: true, reasons: [] }),
          status: () => [],
          checks: () => [],
        };
      },
    });
    return { network, account, passwordFile: undefined, written };
  }

  const opened: string[] = [];
  const bytes = Buffer.alloc(32, 7);
  const key = { identity: nostrFromKey(bytes), account: signerFromKey(bytes) };
  function begin(networks: OwnConfig[]) {
    const rig = new InferenceRig(NO_MODELS);
    stops.push(() => rig.stop());
    const own = new OwnNetworks({
      networks,
      keys: new Map(networks.map(({ network }) => [network.id, () => key])),
      async openKey({ account }) {
        if (account === "gone") throw new FxnError("key_file_missing", 500, "the key gone is not there");
        opened.push(account);
        return key;
      },
      ...{ config, home: "/home", version: "1.0.0", inference: rig.inference },
      budget: () => undefined,
      schnorr: () => false,
      replay: { claim: () => "fresh" },
      stateOf: () => new FakeNetworkState(clock),
      modelProgram: NO_MODEL_PROGRAM,
      chains: {
        of: (_network, _account, use) => NO_CHAIN.chain(use),
        end: (network, generation) => ended.push(`${network} ${generation}`),
      },
      earnings: NO_CHAIN.earnings,
      fetch: createFetch(clock),
      gpus: () => [],
      tracer: () => undefined,
      register: new Registry(),
      clock,
      log,
    });
    const stopping = new AbortController();
    const running = own.run(stopping.signal);
    stops.push(async () => {
      stopping.abort();
      await running;
    });
    const reload = (next: OwnConfig[], limits = config.limits) =>
      own.prepare({ config: { ...config, limits }, networks: next, models: NO_MODELS, files: {} });
    return { own, reload, stop: () => stopping.abort(), running };
  }
  return { steps, toy, begin, opened, ended, clock, followed };
}

describe("a reload", () => {
  test("on, off, and others untouched", async () => {
    const { steps, toy, begin, opened, ended } = setUp();
    const { own, reload } = begin([toy("a"), toy("b")]);
    await turn();
    expect(steps.splice(0)).toEqual(["open a", "open b", "run a", "run b"]);
    const prepared = await reload([toy("b"), toy("c")]);
    expect(steps.splice(0)).toEqual(["open c"]);
    expect(own.all().map(({ id }) => id)).toEqual(["a", "b"]);
    prepared.commit();
    await turn();
    expect(own.all().map(({ id }) => id)).toEqual(["b", "c"]);
    expect(steps).toEqual(expect.arrayContaining(["run c", "drain a", "ended a"]));
    expect(steps).toHaveLength(3);
    expect(opened).toEqual(["c"]);
    expect(ended).toEqual(["a 0"]);
  });

  test("other settings: opened beside, and begun when the former has ended what it had begun; its key is kept", async () => {
    const { promise: slow, resolve: end } = Promise.withResolvers<void>();
    const { steps, toy, begin, opened, ended } = setUp({ a: { slow } });
    const { reload } = begin([toy("a")]);
    await turn();
    steps.splice(0);
    (await reload([toy("a", { name: "2" })])).commit();
    await turn();
    expect(steps).toEqual(["open a2", "drain a"]);
    expect(ended).toEqual([]);
    end();
    await turn();
    expect(steps.slice(2)).toEqual(["ended a", "run a2"]);
    expect(opened).toEqual([]);
    expect(ended).toEqual(["a 0"]);
  });

  test("again, before the former has ended: the one in between never begins", async () => {
    const { promise: slow, resolve: end } = Promise.withResolvers<void>();
    const { steps, toy, begin } = setUp({ a: { slow } });
    const { reload } = begin([toy("a")]);
    await turn();
    (await reload([toy("a", { name: "2" })])).commit();
    (await reload([toy("a", { name: "3" })])).commit();
    await turn();
    expect(steps).not.toContain("run a3");
    end();
    await turn();
    await turn();
    expect(steps.filter((step) => step.startsWith("run"))).toEqual(["run a", "run a3"]);
  });

  test("one that is called gives way: the next one serves at the same port, before the former has ended; its stop closes it", async () => {
    const { promise: slow, resolve: end } = Promise.withResolvers<void>();
    const { steps, toy, begin, followed } = setUp({ a: { slow, called: true, running: 3 }, a2: { called: true } });
    const { own, reload, stop, running } = begin([toy("a")]);
    const url = () => `http://${own.all()[0]?.status().listen}/size`;
    await until(() => own.all()[0]?.status().listen !== null);
    const first = url();
    const ask = async () => (await fetch(first, { method: "POST", body: "12345" })).text();
    expect(await ask()).toBe("a 5");
    steps.splice(0);
    (await reload([toy("a", { name: "2" })])).commit();
    expect(await ask()).toBe("a2 5");
    await until(() => steps.includes("drain a"));
    expect(steps).toEqual(["open a2", "a gives way to a2", "run a2", "drain a"]);
    expect(url()).toBe(first);
    expect(followed.map((running) => running())).toEqual([3]);
    end();
    await until(() => followed[0]?.() === 0);
    expect(steps).toContain("ended a");
    expect(await ask()).toBe("a2 5");
    stop();
    await running;
    await expect(ask()).rejects.toThrow();
  });

  test("the next one fails: streams of the former end beside it, callers are told to come again, and it begins anew at the same port", async () => {
    const { promise: slow, resolve: end } = Promise.withResolvers<void>();
    const { promise: stream, resolve: endStream } = Promise.withResolvers<string>();
    const { promise: failing, reject: fail } = Promise.withResolvers<void>();
    let runs = 0;
    const fails = () => (runs++ === 0 ? failing : new Promise<void>(() => {}));
    const { steps, toy, begin, clock } = setUp({ a: { slow, stream, called: true }, a2: { fails, called: true } });
    const { own, reload, stop, running } = begin([toy("a")]);
    await until(() => own.all()[0]?.status().listen !== null);
    const url = `http://${own.all()[0]?.status().listen}/size`;
    const ask = () => fetch(url, { method: "POST", body: "12345" });
    const early = await ask();
    (await reload([toy("a", { name: "2" })])).commit();
    expect(await (await ask()).text()).toBe("a2 5");
    fail(new Error("relay gone"));
    await until(() => own.all()[0]?.health().reasons[0] === "a: relay gone");
    const refused = await ask();
    expect([refused.status, await refused.text()]).toEqual([503, "network_failed"]);
    endStream(" to the end");
    expect(await early.text()).toBe("a 5 to the end");
    end();
    await until(() => steps.includes("ended a"));
    await clock.advance(1000);
    expect(await (await ask()).text()).toBe("a2 5");
    stop();
    await running;
    await expect(ask()).rejects.toThrow();
  });

  test("a stop after it failed closes its listener when streams of the former have ended", async () => {
    const { promise: stream, resolve: endStream } = Promise.withResolvers<string>();
    const fails = () => Promise.reject(new Error("relay gone"));
    const { toy, begin, clock } = setUp({ a: { stream, called: true }, a2: { fails, called: true } });
    const { own, reload, stop, running } = begin([toy("a")]);
    await until(() => own.all()[0]?.status().listen !== null);
    const url = `http://${own.all()[0]?.status().listen}/size`;
    const early = await fetch(url, { method: "POST", body: "12345" });
    (await reload([toy("a", { name: "2" })])).commit();
    await until(() => own.all()[0]?.health().reasons[0] === "a: relay gone");
    stop();
    await turn();
    endStream(" to the end");
    expect(await early.text()).toBe("a 5 to the end");
    await until(async () => {
      await clock.advance(20);
      return Bun.peek.status(running) === "fulfilled";
    });
    await expect(fetch(url)).rejects.toThrow();
  });

  test("limits reach those that go on as they are", async () => {
    const { toy, begin } = setUp({ a: { called: true } });
    const { own, reload } = begin([toy("a")]);
    await until(() => own.all()[0]?.status().listen !== null);
    const ask = async () =>
      (await fetch(`http://${own.all()[0]?.status().listen}/size`, { method: "POST", body: "12345" })).text();
    expect(await ask()).toBe("a 5");
    (await reload([toy("a")], { ...config.limits, bufferedBodies: 4 })).commit();
    expect(await ask()).not.toBe("a 5");
    (await reload([toy("a")])).commit();
    expect(await ask()).toBe("a 5");
  });

  test("refused with all that refuse, and everything goes on; what was opened for it lets its chain go", async () => {
    const { steps, toy, begin, ended } = setUp();
    const { own, reload } = begin([toy("a")]);
    await turn();
    const next = [toy("a", { refuse: true }), toy("b", {}, "gone"), toy("c")];
    expect(reload(next)).rejects.toThrow("a refuses\nthe key gone is not there");
    await turn();
    expect(own.all().map(({ id }) => id)).toEqual(["a"]);
    expect(ended).toContain("c 2");
    expect(steps).not.toContain("drain a");
    expect(own.all()[0]?.health()).toEqual({ ready: true, reasons: [] });
  });

  test("to a port that another program or a network that stays has is refused, and nobody is told to give way", async () => {
    const taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
    stops.push(() => taken.stop(true));
    const called = { called: true };
    const { steps, toy, begin, clock } = setUp({ a: called, a2: called, b: called });
    const { own, reload } = begin([toy("a"), toy("b")]);
    await until(() => own.all().every((network) => network.status().listen !== null));
    const [first, second] = own.all().map((network) => `http://${network.status().listen}/size`);
    const ask = async () => (await fetch(first ?? "", { method: "POST", body: "12345" })).text();
    steps.splice(0);
    for (const { port } of [taken.url, new URL(second ?? "")]) {
      const refused = reload([toy("a", { name: "2", port: Number(port) }), toy("b")]).catch((error: unknown) => error);
      await until(async () => {
        await clock.advance(100);
        return Bun.peek.status(refused) === "fulfilled";
      });
      expect(await refused).toMatchObject({ code: "address_in_use" });
      expect(steps.splice(0)).toEqual(["open a2"]);
      expect(await ask()).toBe("a 5");
    }
    // Who is turned off lets go of its port.
    (await reload([toy("a", { name: "2", port: Number(new URL(second ?? "").port) })])).discard();
    expect(await ask()).toBe("a 5");
  });

  test("let go: nothing begins, nothing ends", async () => {
    const { steps, toy, begin, ended } = setUp();
    const { reload } = begin([toy("a")]);
    await turn();
    (await reload([toy("a", { name: "2" })])).discard();
    await turn();
    expect(steps).toEqual(["open a", "run a", "open a2"]);
    expect(ended).toEqual(["a 1"]);
  });

  test("a stop waits for all, those of former settings too", async () => {
    const { promise: slow, resolve: end } = Promise.withResolvers<void>();
    const { steps, toy, begin } = setUp({ a: { slow } });
    const { reload, stop, running } = begin([toy("a")]);
    await turn();
    (await reload([toy("a", { name: "2" })])).commit();
    stop();
    let over = false;
    void running.then(() => {
      over = true;
    });
    await turn();
    expect(over).toBeFalse();
    end();
    await running;
    expect(steps).not.toContain("run a2");
  });
});
