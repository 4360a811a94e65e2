// A ledger row as text, and back: what is kept in a file or in a store is parsed before it is believed.
import { z } from "zod";
import type { LedgerRow } from "../../core/ledger.ts";

const count = z.int().nonnegative();

const rowSchema = z.object({
  id: z.string(),
  at: z.int(),
  network: z.string(),
  caller: z.string(),
  route: z.string(),
  model: z.string(),
  backend: z.string(),
  status: count,
  outcome: z.enum(["ok", "error", "cancelled", "cut"]),
  streamed: z.boolean(),
  promptTokens: count.nullable(),
  completionTokens: count.nullable(),
  tokenSource: z.enum(["backend", "counted", "none"]),
  firstTokenMs: z.number().nullable(),
  durationMs: z.number(),
  bytesIn: count,
  bytesOut: count,
});

/** undefined for what is no row. */
export function parseRow(text: string): LedgerRow | undefined {
  try {
    return rowSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
