// Transactions in SQLite: written before they are sent, so that a crash never makes a second one.
import type { Database } from "bun:sqlite";
import type { Address } from "../core/address.ts";
import type { Clock } from "../core/clock.ts";
import type {
  Attempt,
  Mined,
  Reservation,
  StoredTransaction,
  Transactions,
  WantedTransaction,
} from "../core/transactions.ts";
import { guarded } from "./errors.ts";
import { inTurn } from "./in-turn.ts";
import { AttemptRow, costOf, minedColumns, storedOf, TransactionRow } from "./transaction-row.ts";

const DAY_MS = 86_400_000;
/** After which nobody asks for a deed again that the chain itself would not refuse: what it earned and cost is in the earnings. */
const KEPT_MS = 90 * DAY_MS;
/** In one step, so that no other process waits long for the lock. */
const FORGOTTEN_AT_ONCE = 500;

/** Of one account on one chain. */
export class SqliteTransactions implements Transactions {
  readonly #db: Database;
  readonly #chain: number;
  readonly #account: Address;
  readonly #clock: Clock;

  constructor(db: Database, of: { chain: number; account: Address; clock: Clock }) {
    this.#db = db;
    this.#chain = of.chain;
    this.#account = of.account;
    this.#clock = of.clock;
  }

  ofKey(key: string): StoredTransaction | undefined {
    return this.#read("AND key = ? ORDER BY (state = 'replaced'), nonce DESC LIMIT 1", key)[0];
  }

  ofNonce(nonce: number): StoredTransaction | undefined {
    return this.#read("AND nonce = ? AND state <> 'replaced'", nonce)[0];
  }

  open(): readonly StoredTransaction[] {
    return this.#read("AND settled = 0 ORDER BY nonce");
  }

  next(): number {
    const sql = "SELECT coalesce(max(nonce) + 1, 0) AS next FROM transactions WHERE chain = ? AND account = ?";
    return guarded("reading transactions", () => {
      const row = this.#db.query<{ next: number }, [number, string]>(sql).get(this.#chain, this.#account);
      return row?.next ?? 0;
    });
  }

  spent(network: string): bigint {
    const since = this.#clock.now() - DAY_MS;
    const rows = this.#read("AND network = ? AND (at > ? OR state = 'sent') AND state <> 'replaced'", network, since);
    return rows.reduce((sum, row) => sum + costOf(row), 0n);
  }

  reserve({ wanted, from, exactly = false, admit, sign }: Reservation): Promise<StoredTransaction | undefined> {
    return this.#write(() => {
      const known = this.ofKey(wanted.key);
      if (known && known.state !== "replaced") return known;
      const nonce = exactly ? from : Math.max(from, this.next());
      if (exactly && this.ofNonce(nonce)) return undefined;
      admit(this.spent(wanted.network));
      const id = this.#insert(wanted, nonce);
      this.#insertAttempt(id, 0, sign(nonce));
      return this.#read("AND id = ?", id)[0];
    });
  }

  attempt(id: number, after: number, attempt: Attempt): Promise<boolean> {
    return this.#write(() => {
      const row = this.#read("AND id = ? AND state = 'sent'", id)[0];
      if (row?.attempts.length !== after) return false;
      this.#insertAttempt(id, after, attempt);
      return true;
    });
  }

  mined(id: number, mined: Mined): Promise<boolean> {
    const set = "state = ?, hash = ?, block = ?, block_hash = ?, cost = ?, logs = ?, at = ?";
    return this.#write(() => {
      const known = this.#read("AND id = ?", id)[0]?.mined;
      const { hash, blockHash, block } = mined;
      if (known?.hash === hash && known.blockHash === blockHash && known.block === block) return false;
      return this.#set(set, id, [...minedColumns(mined), this.#clock.now()]);
    });
  }

  lost(id: number): Promise<void> {
    return this.#change("state = 'sent', hash = NULL, block = NULL, block_hash = NULL, cost = NULL, logs = NULL", id);
  }

  replaced(id: number): Promise<void> {
    return this.#change("state = 'replaced', settled = 1", id);
  }

  settled(id: number): Promise<void> {
    return this.#change("settled = 1", id);
  }

  forget(): Promise<boolean> {
    const before = this.#clock.now() - KEPT_MS;
    const old = `SELECT id FROM transactions WHERE chain = ? AND account = ? AND settled = 1 AND at < ? AND nonce < ? ORDER BY id LIMIT ?`;
    return this.#write(() => {
      const ids = this.#db
        .query<{ id: number }, (string | number)[]>(old)
        .all(this.#chain, this.#account, before, this.next() - 1, FORGOTTEN_AT_ONCE);
      for (const { id } of ids) {
        this.#db.query("DELETE FROM transaction_attempts WHERE id = ?").run(id);
        this.#db.query("DELETE FROM transactions WHERE id = ?").run(id);
      }
      return ids.length === FORGOTTEN_AT_ONCE;
    });
  }

  #insert(wanted: WantedTransaction, nonce: number): number {
    const { key, network, job, model, to, data, value, gas } = wanted;
    const sql = `INSERT INTO transactions (chain, account, nonce, key, network, job, model, recipient, data, value, gas, state, settled, at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'sent', 0, ?)`;
    const texts = [key, network, job, model, to, data, String(value), String(gas)];
    const done = this.#db.query(sql).run(this.#chain, this.#account, nonce, ...texts, this.#clock.now());
    return Number(done.lastInsertRowid);
  }

  #insertAttempt(id: number, number: number, { hash, raw, maxFee, priorityFee }: Attempt): void {
    this.#db
      .query("INSERT INTO transaction_attempts VALUES (?, ?, ?, ?, ?, ?, ?)")
      .run(id, number, hash, raw, String(maxFee), String(priorityFee), this.#clock.now());
  }

  #read(rest: string, ...bindings: (string | number)[]): StoredTransaction[] {
    return guarded("reading transactions", () => {
      const rows = this.#db
        .query(`SELECT * FROM transactions WHERE chain = ? AND account = ? ${rest}`)
        .all(this.#chain, this.#account, ...bindings);
      const attempts = this.#db.query("SELECT * FROM transaction_attempts WHERE id = ? ORDER BY attempt");
      return rows.map((raw) => {
        const row = TransactionRow.parse(raw);
        return storedOf(row, AttemptRow.array().parse(attempts.all(row.id)));
      });
    });
  }

  async #change(set: string, id: number): Promise<void> {
    await this.#write(() => this.#set(set, id));
  }

  /** What is settled stays as it is. */
  #set(set: string, id: number, bindings: (string | number)[] = []): boolean {
    const sql = `UPDATE transactions SET ${set} WHERE id = ? AND settled = 0`;
    return this.#db.query(sql).run(...bindings, id).changes === 1;
  }

  /** One process at a time; the disk has it at the end, since bytes that were sent must not be forgotten in a power cut. */
  #write<T>(step: () => T): Promise<T> {
    const written = () => {
      try {
        this.#db.run("PRAGMA synchronous = FULL");
        return this.#db.transaction(step).immediate();
      } finally {
        this.#db.run("PRAGMA synchronous = NORMAL");
      }
    };
    return inTurn("writing a transaction", written, this.#clock);
  }
}

/** Of any account on any chain. */
export function transactionsIn(db: Database, clock: Clock): (chain: number, account: Address) => Transactions {
  return (chain, account) => new SqliteTransactions(db, { chain, account, clock });
}
