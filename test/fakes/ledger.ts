// A ledger in memory, which can be told to fail.
import type { Ledger, LedgerRow } from "../../src/core/ledger.ts";

export class FakeLedger implements Ledger {
  readonly rows: LedgerRow[] = [];
  broken = false;
  /** As a ledger elsewhere: a row is written when this resolves, and lost when it rejects. */
  slow: Promise<void> | undefined;

  async append(row: LedgerRow): Promise<void> {
    if (this.broken) throw new Error("disk full");
    if (this.slow) await this.slow;
    this.rows.push(row);
  }
}
