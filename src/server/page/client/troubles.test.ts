import { describe, expect, test } from "bun:test";
import { busyActivity } from "../../../../test/fakes/activity.ts";
import { troublesOf } from "./troubles.ts";

const NOW = 1_800_000_000_000;
const calm = { networks: [], backends: [], waiting: {} };
const texts = (change: Parameters<typeof busyActivity>[1]) =>
  troublesOf({ ...busyActivity(NOW, { ...calm, ...change }), challenges: [] }).map(
    ({ tone, text, next }) => `${tone}: ${text} -> ${next?.command}`,
  );

describe("what to look at", () => {
  test("nothing, where nothing is wrong", () => {
    expect(texts({})).toEqual([]);
  });

  test("why the node is not ready comes first, and fxn why answers", () => {
    expect(texts({ ready: false, reasons: ["no model server answers"] })).toEqual([
      "bad: no model server answers -> fxn why",
    ]);
    expect(texts({ ready: false })).toEqual(["bad: The node is not ready. -> fxn why"]);
  });

  test("a model server that is left out, with its error and when it is tried again", () => {
    const [, down] = busyActivity(NOW).status.backends;
    expect(texts({ backends: down ? [down] : [] })).toEqual([
      "bad: Model server http://127.0.0.1:8001 is left out: connection refused; it is tried again in 12 s -> fxn doctor",
    ]);
  });

  test("one that keeps the node from being ready is told once", () => {
    const [, down] = busyActivity(NOW).status.backends;
    const reason = "model server http://127.0.0.1:8001 is left out: connection refused";
    expect(texts({ ready: false, reasons: [reason], backends: down ? [down] : [] })).toEqual([
      `bad: ${reason} -> fxn why`,
    ]);
  });

  test("alerts that fire, as bad as the worst of them", () => {
    const alert = { title: "", message: "", hint: "", state: "firing", since: NOW } as const;
    const full = { ...alert, id: "disk.space", severity: "critical" } as const;
    const ahead = { ...alert, id: "clock.skew", severity: "warning" } as const;
    const lines = (...firing: (typeof full | typeof ahead)[]) => texts({ alerts: { firing, targets: [] } });
    expect(lines(ahead)).toEqual(["warn: Alerts that fire: clock.skew -> fxn alerts list"]);
    expect(lines(ahead, full)).toEqual(["bad: Alerts that fire: clock.skew, disk.space -> fxn alerts list"]);
  });

  test("registries too old or not read, a registration that gives no work, requests that wait", () => {
    const registry = { entries: 1, ageSeconds: 9000, block: null, stale: true, lastError: "429" };
    expect(
      texts({
        registries: { gateways: registry, providers: { ...registry, stale: false } },
        provider: { registered: true, active: false, paused: true },
        waiting: { a: 1 },
      }),
    ).toEqual([
      "bad: What is known of the gateways is too old: 429 -> fxn doctor",
      "warn: Reading the providers has failed: 429 -> fxn doctor",
      "warn: The registration is paused: unpause it to get work -> fxn provider status",
      "warn: 1 request waits for a free model server -> fxn top",
    ]);
  });

  test("a refused reload, what waits for a restart, a release that mends a hole, and alerts that nobody takes", () => {
    const target = { name: "ntfy n.example", waiting: 1 };
    expect(
      texts({
        configuration: { loadedAt: "", lastError: "config.yaml:3:1: no\nand more", restartPending: ["server.workers"] },
        update: { version: "2.0.0", security: true },
        alerts: {
          firing: [],
          targets: [
            { ...target, lastError: "it answered 403" },
            { ...target, lastError: null },
          ],
        },
      }),
    ).toEqual([
      "warn: The last reload was refused: config.yaml:3:1: no -> fxn config check",
      "warn: Settings wait for a restart: server.workers -> fxn restart",
      "bad: fxn 2.0.0 mends a hole that this node has -> fxn update",
      "warn: Alerts are not taken by ntfy n.example: it answered 403 -> fxn alerts test",
    ]);
    expect(texts({ update: { version: "2.0.0", security: false } })).toEqual([]);
  });

  test("a challenge that failed within the hour, not one of yesterday, nor a rehearsal", () => {
    const failed = {
      type: "IDENTITY",
      outcome: "failed",
      source: "scheduler",
      durationMs: 1,
      error: "no key",
    } as const;
    const of = (at: number) =>
      troublesOf({ ...busyActivity(NOW, calm), challenges: [{ ...failed, at }] }).map(({ text }) => text);
    expect(of(NOW - 1000)[0]).toContain("A challenge (IDENTITY) failed at");
    expect(of(NOW - 86_400_000)).toEqual([]);
    const rehearsed = { ...failed, at: NOW - 1000, source: "rehearsal" } as const;
    expect(troublesOf({ ...busyActivity(NOW, calm), challenges: [rehearsed] })).toEqual([]);
  });
});
