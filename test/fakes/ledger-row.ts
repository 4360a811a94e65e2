// A ledger row of a good answer, with what a test wants changed.
import type { LedgerRow } from "../../src/core/ledger.ts";

export function ledgerRow(change: Partial<LedgerRow> = {}): LedgerRow {
  return {
    id: crypto.randomUUID(),
    at: Date.UTC(2026, 0, 1),
    network: "function",
    caller: "0xaa",
    route: "/v1/chat/completions",
    model: "tiny",
    backend: "http://127.0.0.1:1",
    status: 200,
    outcome: "ok",
    streamed: true,
    promptTokens: 10,
    completionTokens: 5,
    tokenSource: "backend",
    firstTokenMs: 12.5,
    durationMs: 100,
    bytesIn: 1,
    bytesOut: 2,
    ...change,
  };
}
