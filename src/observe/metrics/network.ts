// Metrics of the networks that run of their own accord: fxn_network_*, by network.
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** How one network counts; it knows no other. */
export interface NetworkMetrics {
  /** A call to the network or from it: "heartbeat", "ok"; "infer", "nonce-reused". Words of a fixed list, never a caller's. */
  call(name: string, result: string): void;
  /** A piece of work that has ended: "ok", "failed", "refused", "cancelled". */
  work(result: string, seconds: number): void;
  /** What is on right now. */
  running(count: number): void;
}

const SECONDS = [0.005, 0.01, 0.05, 0.1, 0.3, 1, 3, 10, 30, 60, 120, 300, 600];

/** @param up whether each network is fit to work; asked when it is scraped */
export function networkMetrics(register: Registry, up: () => Readonly<Record<string, boolean>>) {
  const registers = [register];
  new Gauge({
    name: "fxn_network_up",
    help: "1 when the network can give this node work, 0 when not.",
    labelNames: ["network"],
    registers,
    collect() {
      // One may have been turned off.
      this.reset();
      for (const [network, fit] of Object.entries(up())) this.set({ network }, fit ? 1 : 0);
    },
  });
  const calls = new Counter({
    name: "fxn_network_calls_total",
    help: "Calls to the network or from it, by what came of them.",
    labelNames: ["network", "call", "result"],
    registers,
  });
  const work = new Counter({
    name: "fxn_network_work_total",
    help: "Pieces of work that have ended, by how.",
    labelNames: ["network", "result"],
    registers,
  });
  const seconds = new Histogram({
    name: "fxn_network_work_seconds",
    help: "How long pieces of work took.",
    labelNames: ["network"],
    buckets: SECONDS,
    registers,
  });
  const running = new Gauge({
    name: "fxn_network_running",
    help: "Pieces of work under way.",
    labelNames: ["network"],
    registers,
  });
  return (network: string): NetworkMetrics => ({
    call: (call, result) => calls.inc({ network, call, result }),
    work(result, took) {
      work.inc({ network, result });
      seconds.observe({ network }, took);
    },
    running: (count) => running.set({ network }, count),
  });
}

/** @param up by network, whether its session runs; asked when it is scraped */
export function sessionMetrics(register: Registry, up: () => Readonly<Record<string, boolean>>): void {
  new Gauge({
    name: "fxn_network_session_up",
    help: "1 while the network's session runs, 0 while it does not and is tried again; whether it can give work: fxn_network_up.",
    labelNames: ["network"],
    registers: [register],
    collect() {
      this.reset();
      for (const [network, runs] of Object.entries(up())) this.set({ network }, runs ? 1 : 0);
    },
  });
}

interface Total {
  readonly network: string;
  readonly asset: string;
  readonly kind: string;
  readonly amount: number;
}

/** @param totals asked when it is scraped */
export function earningsMetrics(register: Registry, totals: () => readonly Total[]): void {
  new Gauge({
    name: "fxn_earnings_amount",
    help: "What networks have paid (reward) and what transactions have cost (gas), in whole units of the asset: fxn earnings is exact.",
    labelNames: ["network", "asset", "kind"],
    registers: [register],
    collect() {
      this.reset();
      for (const { network, asset, kind, amount } of totals()) this.set({ network, asset, kind }, amount);
    },
  });
}
