import { describe, expect, test } from "bun:test";
import type { NodeStatus } from "../src/core/status.ts";
import { statusLines } from "./status-lines.ts";

const network = (id: string, ready = true) => ({
  ...{ id, ready, reasons: ready ? [] : ["nothing is staked"], listen: null, lines: [{ name: "jobs", value: "3" }] },
});
const backend = (name: string, change: Partial<NodeStatus["backends"][number]> = {}) => ({
  ...{ name, state: "closed", kind: "vllm", models: ["tiny"], leftOutForMs: 0, inFlight: 3, lastError: null },
  ...change,
});
const ALERT = {
  ...{ title: "A model server", severity: "critical" as const, message: "it is down", hint: "Start it.", link: "" },
  ...{ state: "firing" as const, since: 0 },
};
const registry = { entries: 3, ageSeconds: 12, block: "4", stale: false, lastError: null };
const WELL: NodeStatus = {
  schema: 1,
  version: "1.2.3",
  address: "0x5CbDd86a2FA8Dc4bDdd8a8f69dBa48572EeC07FB",
  uptimeSeconds: 3723,
  ready: true,
  reasons: [],
  listen: "0.0.0.0:8080",
  admin: "127.0.0.1:9464",
  workers: [1, 2, 3],
  ...{ phase: "serving", update: null },
  configuration: { loadedAt: "2026-11-26T00:00:00.000Z", lastError: null, restartPending: [] },
  cautions: [],
  alerts: null,
  models: ["tiny", "small"],
  backends: [backend("http://127.0.0.1:8000")],
  waiting: { tiny: 0 },
  streams: 0,
  registries: { gateways: registry, providers: { ...registry, entries: 40 } },
  engines: [{ backend: "cuda", device: "NVIDIA H100", api: "cuBLAS 12.4" }],
  provider: { registered: true, active: true, paused: false },
  networks: [network("a"), network("b")],
};
const lines = (change: Partial<NodeStatus> = {}, program = "1.2.3") => statusLines({ ...WELL, ...change }, program);
const lineOf = (label: string, change: Partial<NodeStatus>) => lines(change).filter((line) => line.startsWith(label));

describe("fxn status in ten lines, each with its next step", () => {
  test("alerts that fire, and who does not take them", () => {
    const firing = [{ ...ALERT, id: "backend.up" }];
    const targets = [
      { name: "ntfy ntfy.example.org", lastError: null, waiting: 0 },
      { name: "webhook hooks.example.org", lastError: "it answered 500", waiting: 1 },
    ];
    expect(lineOf("alerts", { alerts: { firing, targets } })).toEqual([
      "alerts       backend.up; fxn alerts list",
      "alerts       NOT TAKEN by webhook hooks.example.org: it answered 500; fxn alerts test",
    ]);
  });

  test("a reload that was refused: the node goes on with what it had", () => {
    const lastError = "config.yaml:3:1 unknown setting\nmore";
    const configuration = { loadedAt: "2026-11-26T00:00:00.000Z", lastError, restartPending: [] };
    expect(lineOf("config", { configuration })).toEqual([
      "config       of 2026-11-26T00:00:00.000Z; the last reload was REFUSED: config.yaml:3:1 unknown setting; fxn config check",
    ]);
  });

  test("what waits for a restart, and a newer release", () => {
    const restartPending = ["node.listenPort", "server.workers"];
    const configuration = { loadedAt: "2026-11-26T00:00:00.000Z", lastError: null, restartPending };
    expect(lineOf("config", { configuration })).toEqual([
      "config       restart pending: node.listenPort, server.workers; fxn restart",
    ]);
    const update = (security: boolean) => lineOf("update", { update: { version: "1.3.0", security } });
    expect(update(false)).toEqual(["update       fxn 1.3.0 is there: fxn update"]);
    expect(update(true)).toEqual(["update       fxn 1.3.0 is there and mends a hole: fxn update"]);
  });

  test("a node that starts or stops says so, with what to do", () => {
    const reasons = ["the node is starting", "registry gateways was never read"];
    expect(lines({ phase: "starting", ready: false, reasons }).slice(1, 4)).toEqual([
      "STARTING; if it stays so: fxn why",
      "  - the node is starting",
      "  - registry gateways was never read",
    ]);
    const [, stopping] = lines({ phase: "stopping", ready: false, reasons: ["the node is stopping"] });
    expect(stopping).toBe("STOPPING: what runs may end, nothing new is taken; afterwards: fxn start");
  });

  test("the ordinary case", () => {
    expect(lines()).toEqual([
      "fxn 1.2.3  0x5CbDd86a2FA8Dc4bDdd8a8f69dBa48572EeC07FB  up 1h2m3s",
      "ready: requests are served; watch it with fxn top",
      "listens on   0.0.0.0:8080 with 3 workers, for the operator on 127.0.0.1:9464",
      "model server http://127.0.0.1:8000 (vllm) up, 3 under way: tiny, small",
      "registries   gateways 3, read 12s ago; providers 40, read 12s ago",
      "computes     cuda on NVIDIA H100 (cuBLAS 12.4)",
      "provider     registered and active",
      "a            ready",
      "b            ready",
    ]);
  });

  test("what should not stay so has its line, with the step in it", () => {
    const caution = "node.publicIp is not set: set it, then fxn reload";
    expect(lineOf("caution", { cautions: [caution] })).toEqual([`caution      ${caution}`]);
    expect(lineOf("caution", { cautions: Array(20).fill(caution) }).length).toBeLessThan(8);
  });

  test("streams among what is under way", () => {
    expect(lineOf("model server", { streams: 2 })).toEqual([
      "model server http://127.0.0.1:8000 (vllm) up, 3 under way (2 streams): tiny, small",
    ]);
  });

  test("five networks, eight model servers, thousands of models: still ten lines", () => {
    const many = Array.from({ length: 8 }, (_, i) => backend(`http://b${i}`));
    const all = lines({
      networks: ["a", "b", "c", "d"].map((id) => network(id)),
      backends: many,
      models: Array.from({ length: 2000 }, (_, i) => `m${i}`),
      waiting: { tiny: 4 },
    });
    expect(all.length).toBeLessThanOrEqual(10);
    expect(all).toContain("model server 8 up, 24 under way: m0, m1, m2, m3, m4, and 1995 more: fxn status --json");
    expect(all).toContain("networks     ready: a, b, c, d");
  });

  test("not ready: the reasons come first, then what to do", () => {
    const all = lines({ ready: false, reasons: ["registry gateways was never read", ...Array(20).fill("x")] });
    expect(all.slice(1, 4)).toEqual([
      "NOT READY; what is wrong, step by step: fxn why",
      "  - registry gateways was never read",
      "  - x",
    ]);
    expect(all[7]).toBe("  - and 16 more: fxn status --json");
  });

  test("each thing that is not well says what to do", () => {
    const down = backend("http://gone", { state: "open", lastError: "no connection", leftOutForMs: 12_000 });
    expect(lineOf("model server", { backends: [...WELL.backends, down] })).toEqual([
      "model server http://gone (vllm) DOWN: no connection, asked again in 12s; is it running? fxn doctor",
      "model server http://127.0.0.1:8000 (vllm) up, 6 under way: tiny, small",
    ]);
    expect(lineOf("model server", { backends: [] })[0]).toEndWith("none: run fxn init, or write model_backend.yaml");
    const stale = { ...registry, stale: true, ageSeconds: null, lastError: "no RPC answers" };
    expect(lineOf("registries", { registries: { providers: registry, gateways: stale } })).toEqual([
      "registries   gateways TOO OLD, never read; providers 3, read 12s ago; last error: no RPC answers; see fxn doctor",
    ]);
    expect(lineOf("waiting", { waiting: { tiny: 2, idle: 0 } })[0]).toContain("2 for tiny; if it stays so, add");
    const standing = { registered: true, active: false, paused: false };
    for (const [provider, step] of [
      [null, "fxn why"],
      [{ ...standing, registered: false }, "fxn provider register"],
      [{ ...standing, paused: true }, "fxn provider unpause"],
      [standing, "fxn provider status"],
    ] as const) {
      expect(lineOf("provider", { provider })[0]).toContain(step);
    }
    const unregistered = { ...standing, registered: false };
    expect(lineOf("provider", { provider: unregistered, registries: { providers: registry } })).toEqual([
      "provider     not registered (read 12s ago): run fxn provider register to get work",
    ]);
    expect(lineOf("b ", { networks: [network("a"), network("b", false)] })).toEqual([
      "b            NOT READY: nothing is staked; what to do: fxn networks status --check",
    ]);
  });

  test("a program that was updated and a node that runs the former one: says that a restart is needed", () => {
    const update = "update       this program is fxn 1.3.0, and the node still runs 1.2.3: fxn restart";
    expect(lines({}, "1.3.0")[2]).toBe(update);
    expect(lines().join("\n")).not.toContain("restart");
  });

  test("attack: what others have worded cannot command the terminal or fill it", () => {
    const text = `\u001b]0;x\u0007${"y".repeat(10_000)}\n`;
    const all = lines({
      ...{ ready: false, reasons: [text], models: [text], waiting: { [text]: 1 } },
      backends: [backend("http://a", { state: "open", lastError: text }), backend("http://b")],
      registries: { gateways: { ...registry, stale: true, lastError: text } },
      networks: [{ ...network("a", false), reasons: [text] }],
    });
    expect(all.join("")).toMatch(/^\P{Cc}*$/u);
    expect(Math.max(...all.map((line) => line.length))).toBeLessThan(1000);
  });
});
