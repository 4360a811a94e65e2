// What the node has done lately, for those who watch it: the joint between the node, `fxn top` and the page. Version 1 of the shape.
import type { ChallengeSource } from "./challenge.ts";
import type { GpuStats } from "./gpu.ts";
import type { LedgerRow } from "./ledger.ts";
import type { NodeStatus } from "./status.ts";

export interface Activity {
  readonly schema: 1;
  /** Wall clock of the node, milliseconds. */
  readonly now: number;
  readonly status: NodeStatus;
  /** The oldest first, one each `everyMs`; as many as are kept, fewer after a start. */
  readonly samples: readonly Sample[];
  readonly everyMs: number;
  /** As they are now; a sample has them as they were. */
  readonly gpus: readonly GpuStats[];
  /** The newest first. */
  readonly challenges: readonly ChallengeRecord[];
  /** The newest first. No prompt and no answer is in a row. */
  readonly ledger: readonly LedgerRow[];
  /** Then `ledger` is empty: its rows are in a store that several nodes share, and `fxn ledger` sums them. */
  readonly ledgerShared: boolean;
  /** Paid and spent since midnight UTC and in 30 days, by network and asset; exact, in the smallest unit. */
  readonly earnings: readonly EarningsLine[];
}

/** Of all processes that serve callers, over the time since the sample before. */
export interface Sample {
  /** Wall clock, milliseconds. */
  readonly at: number;
  /** Answers by the class of their status: 2, 4, 5. */
  readonly answers: Readonly<Record<string, number>>;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Seconds; null: there was no streamed answer. */
  readonly firstToken: { readonly p50: number; readonly p95: number } | null;
  /** Requests at model servers, at the moment of the sample. */
  readonly inFlight: number;
  /** Streamed answers that ran, at that moment; null as in the status. */
  readonly streams: number | null;
  /** Requests that waited, at that moment. */
  readonly waiting: number;
  /** In the order of `gpus`; null: not known. */
  readonly gpus: readonly { readonly utilizationPct: number | null; readonly vramUsedMb: number | null }[];
}

export interface ChallengeRecord {
  /** Wall clock, milliseconds, when it came. */
  readonly at: number;
  readonly type: string;
  /** ok: answered. refused: the challenge was at fault. failed: this node was. */
  readonly outcome: "ok" | "refused" | "failed";
  /** Who sent it. A rehearsal is the operator's own. */
  readonly source: ChallengeSource;
  readonly durationMs: number;
  /** What failed or was refused, in words fit to be shown. */
  readonly error: string | null;
}

/** One that has ended now. */
export type EndedChallenge = Omit<ChallengeRecord, "at">;

export interface EarningsLine {
  readonly network: string;
  /** "ETH", "BLIND", "COMP". */
  readonly asset: string;
  readonly kind: "reward" | "gas";
  /** Decimal digits: more than a number holds. */
  readonly today: string;
  readonly thirtyDays: string;
  /** Each of those days, of UTC, the oldest first and today last. */
  readonly days: readonly string[];
}
