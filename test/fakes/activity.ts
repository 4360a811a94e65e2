// What a busy node did lately: two GPUs, three networks, an hour of traffic that rises and falls, and one of each trouble.
import type { Activity, ChallengeRecord, Sample } from "../../src/core/activity.ts";
import type { LedgerRow, Outcome } from "../../src/core/ledger.ts";
import type { NodeStatus } from "../../src/core/status.ts";

const EVERY_MS = 5000;
const SAMPLES = 240;
const GATEWAY = "0x4b0897b0513fdC7C541B6d9D7E929C4e5364D2dB";

/** @param now wall clock @param change over the status */
export function busyActivity(now: number, change: Partial<NodeStatus> = {}): Activity {
  return {
    schema: 1,
    now,
    status: { ...status, ...change },
    samples: Array.from({ length: SAMPLES }, (_, at) => sample(now - (SAMPLES - 1 - at) * EVERY_MS, at)),
    everyMs: EVERY_MS,
    gpus: [0, 1].map((n) => ({
      name: "NVIDIA GeForce RTX 4090",
      vendor: "nvidia",
      uuid: `GPU-${n}`,
      driverVersion: "550.54",
      vramTotalMb: 24_564,
      vramUsedMb: 18_300 + n * 2100,
      utilizationGpuPct: 78 - n * 30,
      temperatureC: 64,
      powerW: 310 - n * 60,
    })),
    challenges: Array.from({ length: 8 }, (_, at) => challenge(now, at)),
    ledger: Array.from({ length: 32 }, (_, at) => row(now, at)),
    ledgerShared: false,
    earnings: [
      {
        network: "oarn",
        asset: "COMP",
        kind: "reward",
        today: "1250000000000000000",
        thirtyDays: "41500000000000000000",
        days: days("41500000000000000000"),
      },
      {
        network: "oarn",
        asset: "ETH",
        kind: "gas",
        today: "120000000000000",
        thirtyDays: "3400000000000000",
        days: days("3400000000000000"),
      },
      {
        network: "blindference",
        asset: "BLIND",
        kind: "reward",
        today: "0",
        thirtyDays: "7250000000000000000",
        days: days("7250000000000000000"),
      },
      {
        network: "blindference",
        asset: "ETH",
        kind: "gas",
        today: "0",
        thirtyDays: "900000000000000",
        days: days("900000000000000"),
      },
    ],
  };
}

/** Thirty that make this sum, but for what a division leaves over. */
const days = (sum: string) => {
  const shares = Array.from({ length: 30 }, (_, at) => 10n + BigInt((at * 37) % 23));
  const all = shares.reduce((total, share) => total + share, 0n);
  return shares.map((share) => ((BigInt(sum) * share) / all).toString());
};

/** The same node with twenty models, whose names are long, and as many GPUs. */
export function crowdedActivity(now: number, cards = 8): Activity {
  const models = Array.from(
    { length: 20 },
    (_, n) => `an-organisation/a-mixture-of-${n + 8}-experts-70b-instruct-awq-int4-128k`,
  );
  const busy = busyActivity(now, {
    models,
    backends: status.backends.map((backend, at) => ({ ...backend, models: models.slice(at * 10, at * 10 + 10) })),
    waiting: Object.fromEntries(models.map((model) => [model, 3])),
  });
  const [card] = busy.gpus;
  return {
    ...busy,
    gpus: Array.from({ length: cards }, (_, n) => ({
      ...card,
      name: "NVIDIA H100 80GB HBM3",
      vendor: "nvidia",
      uuid: `GPU-${n}`,
    })),
    samples: busy.samples.map((sample, at) => ({
      ...sample,
      gpus: Array.from({ length: cards }, (_, n) => ({
        utilizationPct: Math.round(12 + n + 70 * wave(at, 90, n / 2)),
        vramUsedMb: 20_000 + (n % 8) * 6000,
      })),
    })),
    ledger: busy.ledger.map((row, n) => ({ ...row, model: models[n % 20] ?? "" })),
  };
}

const wave = (at: number, period: number, phase = 0) => (Math.sin((at / period) * 2 * Math.PI + phase) + 1) / 2;

function sample(at: number, n: number): Sample {
  const answered = Math.round(18 + 24 * wave(n, 90) + 9 * wave(n, 13));
  const p50 = 0.18 + 0.12 * wave(n, 60);
  return {
    at,
    answers: { "2": answered, "4": n % 17 === 0 ? 3 : 0, "5": n > 200 && n % 11 === 0 ? 2 : 0 },
    promptTokens: answered * 220,
    completionTokens: answered * 310,
    firstToken: n > 60 && n < 70 ? null : { p50, p95: p50 * 2.4 + 0.2 * wave(n, 21) },
    inFlight: Math.round(6 + 8 * wave(n, 90)),
    streams: Math.round(5 + 6 * wave(n, 90)),
    waiting: n > 190 ? Math.round(3 * wave(n, 20)) : 0,
    gpus: [0, 1].map((gpu) => ({
      utilizationPct: Math.round(35 + 50 * wave(n, 90, gpu)),
      vramUsedMb: 17_000 + gpu * 2500 + Math.round(1500 * wave(n, 120, gpu)),
    })),
  };
}

function challenge(now: number, n: number): ChallengeRecord {
  const outcome = (["ok", "ok", "failed", "ok", "refused", "ok", "ok", "ok"] as const)[n % 8] ?? "ok";
  return {
    at: now - (n + 1) * 410_000,
    type: ["IDENTITY", "ENDPOINT_REACHABLE", "MATRIX_MULTIPLICATION"][n % 3] ?? "",
    outcome,
    source: "scheduler",
    durationMs: 40 + n * 190,
    error: {
      ok: null,
      refused: "the signature is older than auth.maxClockSkew",
      failed: "the GPU has no memory left for 8192 x 8192",
    }[outcome],
  };
}

function row(now: number, n: number): LedgerRow {
  const outcome: Outcome = n % 23 === 5 ? "error" : n % 17 === 3 ? "cancelled" : "ok";
  return {
    id: `req-${n}`,
    at: now - n * 1700,
    network: ["function", "function", "infernet", "fedai"][n % 4] ?? "",
    caller: GATEWAY,
    route: "/v1/chat/completions",
    model: ["llama-3.3-70b-instruct", "qwen3-32b"][n % 3 === 0 ? 1 : 0] ?? "",
    backend: "http://127.0.0.1:8000",
    status: { ok: 200, error: 502, cancelled: 499, cut: 200 }[outcome],
    outcome,
    streamed: true,
    promptTokens: 180 + ((n * 37) % 400),
    completionTokens: outcome === "error" ? null : 90 + ((n * 53) % 700),
    tokenSource: "backend",
    firstTokenMs: outcome === "error" ? null : 150 + ((n * 17) % 220),
    durationMs: 1200 + ((n * 331) % 6000),
    bytesIn: 1000,
    bytesOut: 9000,
  };
}

const status: NodeStatus = {
  schema: 1,
  version: "0.1.0",
  address: "0x9F3f11d72d96910df008Cfe3aBA40F361D2EED03",
  uptimeSeconds: 4 * 86_400 + 7260,
  ready: true,
  reasons: [],
  listen: "0.0.0.0:8080",
  admin: "127.0.0.1:9464",
  workers: [4711, 4712, 4713, 4714],
  ...{ phase: "serving", update: null },
  configuration: { loadedAt: "2026-11-26T00:00:00.000Z", lastError: null, restartPending: [] },
  cautions: [],
  alerts: null,
  models: ["llama-3.3-70b-instruct", "llama", "qwen3-32b"],
  backends: [
    {
      name: "http://127.0.0.1:8000",
      kind: "vllm",
      state: "closed",
      models: ["llama-3.3-70b-instruct"],
      leftOutForMs: 0,
      inFlight: 9,
      lastError: null,
    },
    {
      name: "http://127.0.0.1:8001",
      kind: "openai",
      state: "open",
      models: ["qwen3-32b"],
      leftOutForMs: 12_000,
      inFlight: 0,
      lastError: "connection refused",
    },
  ],
  waiting: { "qwen3-32b": 2 },
  streams: 7,
  registries: {
    gateways: { entries: 12, ageSeconds: 31, block: "30112233", stale: false, lastError: null },
    providers: { entries: 140, ageSeconds: 44, block: "30112230", stale: false, lastError: null },
  },
  engines: [
    { backend: "cuda", device: "NVIDIA GeForce RTX 4090", api: "cuBLAS 12.4" },
    { backend: "cpu", device: "AMD Ryzen 9 7950X", api: "avx512" },
  ],
  provider: { registered: true, active: true, paused: false },
  networks: [
    {
      id: "infernet",
      ready: true,
      reasons: [],
      listen: null,
      lines: [
        { name: "node", value: "node-7f3a, priced at 0.02 USD" },
        { name: "last heartbeat", value: "12 s ago" },
      ],
    },
    {
      id: "oarn",
      ready: false,
      reasons: ["the wallet has 0.0003 ETH: too little for the gas of a claim"],
      listen: null,
      lines: [
        { name: "peers", value: "31" },
        { name: "tasks", value: "2 open, 57 done" },
      ],
    },
    {
      id: "fedai",
      ready: true,
      reasons: [],
      listen: "0.0.0.0:8090",
      lines: [{ name: "receipts", value: "1204 paid, 0 owed" }],
    },
  ],
};
