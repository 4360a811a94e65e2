// A ledger in memory, which can be told to fail.
import type { Ledger, LedgerRow } from "../../src/core/ledger.ts";

export class FakeLedger implements Ledger {
  readonly rows: LedgerRow[] = [];
  broken = false;

  append(row: LedgerRow): void {
    if (this.broken) throw new Error("disk full");
    this.rows.push(row);
  }
}
