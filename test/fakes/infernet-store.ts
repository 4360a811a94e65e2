// What a control plane keeps, as its documents say: rows, jobs, their events, commands, payouts, and no idempotence.
import { randomUUID } from "node:crypto";

export interface NodeRow {
  id: string;
  role: string;
  node_id: string;
  public_key: string;
  name: string;
  status: string;
  address: string | null;
  port: number | null;
  gpu_model: string | null;
  price: number | null;
  specs: unknown;
  last_seen: number;
}

export interface PlaneEvent {
  readonly event_type: string;
  readonly data: unknown;
}

export interface PlaneJob {
  readonly id: string;
  readonly title: string;
  readonly type: string;
  readonly payment_offer: number;
  readonly payment_coin: string | null;
  readonly model_name: string | null;
  readonly input_spec: unknown;
  readonly created_at: string;
  status: string;
  provider_id: string | null;
  result: unknown;
  error: string | null;
  readonly events: PlaneEvent[];
  /** How often `complete` was applied: once is right. */
  completed: number;
  readonly watchers: Set<() => void>;
}

export interface PlaneCommand {
  readonly id: string;
  readonly pubkey: string;
  readonly command: string;
  readonly args: unknown;
  status: string;
  result: unknown;
  error: string | null;
  told: number;
}

export interface PayoutRow {
  readonly id: string;
  readonly provider_id: string;
  readonly coin: string;
  network: string;
  readonly address: string;
  is_default: boolean;
  readonly created_at: string;
}

export class PlaneError extends Error {
  readonly status: number;
  readonly json: object;

  constructor(status: number, message: string, json: object = { error: message }) {
    super(message);
    this.status = status;
    this.json = json;
  }
}

export class InfernetStore {
  rows: NodeRow[] = [];
  readonly jobs = new Map<string, PlaneJob>();
  readonly commands = new Map<string, PlaneCommand>();
  readonly payments: object[] = [];
  payouts: PayoutRow[] = [];
  readonly links = new Map<string, { id: string; user: string; label: string | null }>();

  /** Two rows for one key make every later question fail, as in the real one. */
  row(role: string, pubkey: string): NodeRow | undefined {
    const found = this.rows.filter((row) => row.role === role && row.public_key === pubkey);
    if (found.length > 1) throw new PlaneError(500, "JSON object requested, multiple (or no) rows returned");
    return found[0];
  }

  provider(pubkey: string): NodeRow {
    const row = this.row("provider", pubkey);
    if (!row) throw new PlaneError(404, "no provider row for this pubkey");
    return row;
  }

  job(id: string, pubkey: string): PlaneJob {
    const provider = this.provider(pubkey);
    const job = this.jobs.get(uuid(id));
    if (!job) throw new PlaneError(404, "job not found");
    if (job.provider_id !== provider.id) throw new PlaneError(403, "job not assigned to this provider");
    return job;
  }

  /** Deletes the row; its jobs stay, and are nobody's. */
  drop(row: NodeRow): void {
    this.rows = this.rows.filter((other) => other !== row);
    this.payouts = this.payouts.filter((payout) => payout.provider_id !== row.id);
    for (const job of this.jobs.values()) if (job.provider_id === row.id) job.provider_id = null;
  }

  addJob(provider: NodeRow | undefined, job: Partial<PlaneJob> = {}): PlaneJob {
    const made: PlaneJob = {
      id: randomUUID(),
      title: "hello",
      type: "chat",
      payment_offer: 0,
      payment_coin: null,
      model_name: null,
      input_spec: { messages: [{ role: "user", content: "hello" }], max_tokens: 512, temperature: 0.7 },
      created_at: new Date().toISOString().replace("Z", "+00:00"),
      status: provider ? "assigned" : "pending",
      provider_id: provider?.id ?? null,
      result: null,
      error: null,
      events: [],
      completed: 0,
      watchers: new Set(),
      ...job,
    };
    this.jobs.set(made.id, made);
    return made;
  }

  addCommand(pubkey: string, command: string, args: unknown): PlaneCommand {
    const id = randomUUID();
    const made = { id, pubkey, command, args, status: "pending", result: null, error: null, told: 0 };
    this.commands.set(id, made);
    return made;
  }
}

export function uuid(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return text.toLowerCase();
  throw new PlaneError(500, `invalid input syntax for type uuid: "${text}"`);
}
