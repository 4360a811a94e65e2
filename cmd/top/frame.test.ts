import { describe, expect, test } from "bun:test";
import type { Sample } from "../../src/core/activity.ts";
import type { SeenActivity } from "../node-activity.ts";
import { frame, type View } from "./frame.ts";

const NOW = Date.UTC(2026, 10, 26, 12);
const VIEW: View = { columns: 80, rows: 24, keys: "q quits", trouble: undefined, color: false, asciiOnly: false };

function sample(secondsAgo: number, change: Partial<Sample> = {}): Sample {
  return {
    at: NOW - secondsAgo * 1000,
    answers: { "2": 50, "4": 5 },
    promptTokens: 500,
    completionTokens: 5000,
    firstToken: { p50: 0.2, p95: 1.5 },
    inFlight: 3,
    streams: 2,
    waiting: 0,
    gpus: [],
    ...change,
  };
}

function activity(change: Partial<SeenActivity> = {}, status: Partial<SeenActivity["status"]> = {}): SeenActivity {
  return {
    schema: 1,
    now: NOW,
    everyMs: 5000,
    samples: [sample(5), sample(0)],
    gpus: [],
    challenges: [],
    earnings: [],
    status: {
      schema: 1,
      version: "1.2.3",
      address: "0x5CbDd86a2FA8Dc4bDdd8a8f69dBa48572EeC07FB",
      uptimeSeconds: 3600 * 5,
      ready: true,
      reasons: [],
      listen: "0.0.0.0:8080",
      admin: "127.0.0.1:9464",
      workers: [1],
      ...{ phase: "serving", update: null },
      configuration: { loadedAt: "2026-11-26T00:00:00.000Z", lastError: null, restartPending: [] },
      cautions: [],
      alerts: null,
      models: ["tiny"],
      backends: [backend("http://127.0.0.1:1")],
      waiting: {},
      streams: 2,
      registries: { gateways: { entries: 3, ageSeconds: 12, block: "4", stale: false, lastError: null } },
      engines: [],
      provider: null,
      networks: [],
      ...status,
    },
    ...change,
  };
}

function backend(name: string, change: Partial<SeenActivity["status"]["backends"][number]> = {}) {
  return {
    ...{ name, state: "closed", kind: "openai", models: ["tiny"], leftOutForMs: 0, inFlight: 3, lastError: null },
    ...change,
  };
}

const lineOf = (lines: readonly string[], label: string) => lines.find((line) => line.startsWith(label)) ?? "";

/** Everything there can be, and more of it than any screen has room for. */
function crowded(text: string): SeenActivity {
  const many = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i));
  return activity(
    {
      samples: many(720, (i) => sample(720 - i, { completionTokens: i })),
      gpus: many(16, (i) => ({ name: `${text}${i}`, vendor: "nvidia", vramTotalMb: 81_559, vramUsedMb: 4000 * i })),
      challenges: many(100, (i) => ({
        at: NOW - i,
        type: text,
        outcome: "failed",
        source: "scheduler",
        durationMs: 1e7,
        error: text,
      })),
      earnings: many(30, (i) => ({
        ...{ network: `${text}${i}`, asset: text, kind: "reward", today: "9".repeat(40), thirtyDays: "1" },
      })),
    },
    {
      version: text,
      address: text,
      ready: false,
      reasons: many(50, () => text),
      backends: many(50, (i) => backend(`${text}${i}`, { models: many(50, () => text), lastError: text })),
      waiting: Object.fromEntries(many(50, (i) => [`${text}${i}`, i])),
      registries: Object.fromEntries(
        many(9, (i) => [`${text}${i}`, { entries: 1, ageSeconds: null, block: null, stale: true, lastError: text }]),
      ),
      networks: many(9, (i) => ({
        ...{ id: `${text}${i}`, ready: false, reasons: [text], listen: null, lines: [{ name: text, value: text }] },
      })),
    },
  );
}

describe("a frame of fxn top", () => {
  test("says what the node does: requests, tokens, first tokens, model servers, registries, challenges, earnings", () => {
    const lines = frame(
      activity(
        {
          challenges: [
            {
              at: NOW - 61_000,
              type: "IDENTITY",
              outcome: "refused",
              source: "rehearsal",
              durationMs: 12,
              error: "no IP",
            },
          ],
          earnings: [
            { network: "toy", asset: "ETH", kind: "reward", today: "1234567890000000000", thirtyDays: "0" },
            { network: "toy", asset: "ETH", kind: "gas", today: "1", thirtyDays: "1" },
            { network: "idle", asset: "ETH", kind: "reward", today: "0", thirtyDays: "7" },
          ],
        },
        { waiting: { tiny: 2, big: 5, idle: 0 } },
      ),
      VIEW,
    );
    expect(lines[0]).toBe("fxn 1.2.3  ready  up 5h  0x5CbDd8…eC07FB                                 q quits");
    expect(lineOf(lines, "requests")).toStartWith("requests     11/s  2xx 10  4xx 1  5xx 0");
    expect(lineOf(lines, "requests")).toEndWith(" ██");
    expect(lineOf(lines, "tokens out")).toContain("1000/s");
    expect(lineOf(lines, "tokens in")).toContain("100/s");
    expect(lineOf(lines, "first token")).toContain("p50 200 ms  p95 1.50 s");
    expect(lineOf(lines, "under way")).toBe("under way    3  2 streams  waiting 7: big 5, tiny 2");
    expect(lineOf(lines, "model server")).toBe("model server up  http://127.0.0.1:1  3 under way  tiny");
    expect(lineOf(lines, "GPU")).toBe("GPU          -");
    expect(lineOf(lines, "registries").trim()).toBe("registries   gateways 3, 12s ago");
    expect(lineOf(lines, "challenges")).toBe(
      "challenges   61s ago  refused IDENTITY              12 ms   rehearsal: no IP",
    );
    expect(lineOf(lines, "earned today")).toBe("earned today toy 1.234567 ETH, gas of toy <0.000001 ETH");
  });

  test("a GPU: use, memory as a bar, temperature and power; what is not known is a dash, never 0", () => {
    const lines = frame(
      activity({
        gpus: [
          {
            ...{ name: "NVIDIA H100 80GB", vendor: "nvidia", vramTotalMb: 81_920, vramUsedMb: 61_440 },
            ...{ utilizationGpuPct: 98, temperatureC: 71, powerW: 512.4, powerLimitW: 700 },
          },
          { name: "Radeon", vendor: "amd", vramTotalMb: 16_384 },
          { name: "NVIDIA GeForce RTX 4090", vendor: "nvidia" },
        ],
      }),
      VIEW,
    );
    const [first, second] = [lines.indexOf(lineOf(lines, "GPU")), lines.indexOf(lineOf(lines, "GPU")) + 1];
    expect(lines[first]).toBe("GPU          0 NVIDIA H100 80GB       98%  ██████░░ 60/80 GiB    71°C 512/700 W");
    expect(lines[second]).toBe("             1 Radeon                 -%   ░░░░░░░░ -/16 GiB     -°C - W");
    expect(lines[second + 1]).toStartWith("             2 GeForce RTX 4090       -%");
  });

  test("not ready: the reasons stand first; a node that is gone is said at once", () => {
    const status = { ready: false, reasons: ["registry gateways was never read", "b", "c", "d", "e"] };
    const lines = frame(activity({}, status), VIEW);
    expect(lines[0]).toContain("NOT READY");
    expect(lines.slice(1, 5)).toEqual(["- registry gateways was never read", "- b", "- c", "  and 2 more: fxn status"]);
    const gone = frame(activity(), { ...VIEW, trouble: "no node runs here any more" });
    expect(gone[1]).toBe("no node runs here any more");
  });

  test("what troubles stands before what is well, and what is left out is counted", () => {
    const backends = Array.from({ length: 40 }, (_, i) => backend(`http://b${i}`));
    backends.push(backend("http://broken", { state: "open", lastError: "no connection" }));
    const networks = ["a", "b"].map((id) => ({
      ...{ id, ready: id === "a", reasons: ["no stake"], listen: null, lines: [{ name: "jobs", value: "3" }] },
    }));
    const lines = frame(activity({}, { backends, networks }), VIEW);
    expect(lineOf(lines, "model server")).toContain("DOWN  http://broken  3 under way  no connection");
    expect(lineOf(lines, "networks")).toContain("b             NOT READY  no stake");
    expect(lines.join("\n")).toMatch(/\(\d\d more\)/);
    expect(lines.length).toBe(24);
  });

  test("a sample that came late covers more time", () => {
    const lines = frame(activity({ samples: [sample(50), sample(0)] }), VIEW);
    expect(lineOf(lines, "requests")).toContain("1.1/s  2xx 1  4xx 0.1");
  });

  test("a node that has just started, with no sample yet", () => {
    const lines = frame(activity({ samples: [] }), VIEW);
    expect(["requests", "tokens in", "first token"].map((label) => lineOf(lines, label).trim())).toEqual([
      "requests     -",
      "tokens in    -",
      "first token  -",
    ]);
  });

  test("never wider nor higher than the terminal, whatever there is to say", () => {
    const texts = ["m".repeat(200), "模型".repeat(100), "👩‍👩‍👧‍👦é\u0301🇩🇪".repeat(40), "a"];
    for (const text of texts) {
      for (const [columns, rows] of [
        [80, 24],
        [120, 40],
        [60, 15],
        [40, 10],
        [13, 5],
        [1, 1],
        [300, 100],
        [0, 0],
      ] as const) {
        for (const asciiOnly of [false, true]) {
          const lines = frame(crowded(text), { ...VIEW, columns, rows, asciiOnly });
          expect(lines.length).toBeLessThanOrEqual(rows);
          expect(Math.max(0, ...lines.map((line) => Bun.stringWidth(line)))).toBeLessThanOrEqual(columns);
          if (asciiOnly) expect(lines.join("")).toMatch(/^[ -~]*$/);
        }
      }
    }
  });

  test("attack: nothing that a model server, a network or a caller has worded is obeyed by the terminal", () => {
    const lines = frame(crowded("\u001b]0;owned\u0007\u001b[2J\u202e\r\n\u0090x"), {
      ...VIEW,
      columns: 200,
      rows: 200,
    });
    expect(lines.join("")).toContain("owned");
    expect(lines.join("")).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u);
  });

  test("colours only where they are wanted, and every one is taken back", () => {
    const colored = frame(crowded("x"), { ...VIEW, color: true });
    expect(colored.join("")).toContain("\u001b[31mNOT READY\u001b[0m");
    for (const line of colored) {
      const [begun, ended] = [line.split("\u001b[").length - 1, line.split("\u001b[0m").length - 1];
      expect(begun).toBe(2 * ended);
      expect(Bun.stringWidth(line)).toBeLessThanOrEqual(80);
    }
    expect(frame(crowded("x"), VIEW).join("")).not.toContain("\u001b");
  });
});
