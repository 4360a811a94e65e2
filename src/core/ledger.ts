// The joint between inference and durable state: one row for each answer, with no prompt and no answer in it.

export type Outcome = "ok" | "error" | "cancelled" | "cut";
/** backend: its usage object; counted: stream chunks that we saw; none: neither. */
export type TokenSource = "backend" | "counted" | "none";

export interface LedgerRow {
  readonly id: string;
  /** Wall clock, milliseconds, when the request came. */
  readonly at: number;
  readonly network: string;
  readonly caller: string;
  readonly route: string;
  /** The configured model id, not what the caller typed. */
  readonly model: string;
  readonly backend: string;
  readonly status: number;
  readonly outcome: Outcome;
  readonly streamed: boolean;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly tokenSource: TokenSource;
  readonly firstTokenMs: number | null;
  readonly durationMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface Ledger {
  /** Durable when its promise resolves. */
  append(row: LedgerRow): Promise<void>;
}
