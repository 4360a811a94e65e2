// The routes of a control plane for nodes: what each checks, in which order, and what it answers.
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { type InfernetStore, type NodeRow, PlaneError, uuid } from "./infernet-store.ts";

type Body = Record<string, unknown>;
type Handler = (store: InfernetStore, pubkey: string, body: Body, id: string, now: number) => object;

const ROLES = ["provider", "aggregator", "client"];
const EVENT_TYPES = ["meta", "token", "done", "error"];
const VENDORS = ["nvidia", "amd", "apple", "intel"];
const TIERS = ["unknown", "<8gb", "8-16gb", "16-24gb", "24-48gb", ">=48gb"];
const isObject = (value: unknown): value is Body =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function roleOf({ role }: Body): string {
  const word = typeof role === "string" ? role.toLowerCase() : "";
  if (!ROLES.includes(word)) throw new PlaneError(400, "role must be one of: provider, aggregator, client");
  return word;
}

/** Its database takes no NUL and no half of a character. */
function storable(value: unknown): void {
  if (/(?<!\\)(\\\\)*\\u(0000|d[89a-f])/i.test(JSON.stringify(value))) {
    throw new PlaneError(500, "unsupported Unicode escape sequence");
  }
}

function portOf({ port }: Body, role: string): number | undefined {
  if (typeof port !== "number" || !Number.isFinite(port)) return undefined;
  if (role === "client") throw new PlaneError(500, "Could not find the 'port' column of 'clients' in the schema cache");
  if (!Number.isInteger(port)) throw new PlaneError(500, `invalid input syntax for type integer: "${port}"`);
  return port;
}

function limitOf(limit: unknown, standard: number, most: number): number {
  return Math.min(Math.max(Math.trunc(Number(limit)) || standard, 1), most);
}

/** Of `register` alone; heartbeats are stored as they come. */
export function sanitised(specs: unknown): object | undefined {
  if (!isObject(specs)) return undefined;
  const gpus = Array.isArray(specs.gpus) ? specs.gpus.slice(0, 16) : [];
  const known = gpus.filter(isObject).map((gpu) => {
    const vendor = String(gpu.vendor ?? "").toLowerCase();
    const tier = String(gpu.vram_tier ?? "").toLowerCase();
    return {
      vendor: VENDORS.includes(vendor) ? vendor : "unknown",
      vram_tier: TIERS.includes(tier) ? tier : tierOf(gpu.vram_mb),
      model: typeof gpu.model === "string" ? gpu.model.slice(0, 64) : null,
    };
  });
  return { gpus: known, gpu_count: gpus.length };
}

function tierOf(mb: unknown): string {
  if (typeof mb !== "number" || !Number.isFinite(mb) || mb <= 0) return "unknown";
  const below = [8192, 16_384, 24_576, 49_152].findIndex((bound) => mb < bound);
  return TIERS[below < 0 ? 5 : below + 1] ?? "unknown";
}

const register: Handler = (store, pubkey, body, _id, now) => {
  const role = roleOf(body);
  const { node_id: nodeId, name, status, address, gpu_model: model, price, specs } = body;
  if (typeof nodeId !== "string" || nodeId === "") throw new PlaneError(400, "node_id is required");
  const known = store.rows.find((row) => row.role === role && row.node_id === nodeId);
  if (known && known.public_key !== pubkey) throw new PlaneError(403, "node_id is registered to a different pubkey");
  const port = portOf(body, role);
  const row: NodeRow = known ?? {
    id: randomUUID(),
    role,
    node_id: nodeId,
    public_key: pubkey,
    name: nodeId,
    status: "available",
    address: null,
    port: null,
    gpu_model: null,
    price: null,
    specs: {},
    last_seen: now,
  };
  row.name = typeof name === "string" ? name : nodeId;
  row.status = status === "offline" ? "offline" : "available";
  if (typeof address === "string") row.address = address;
  if (port !== undefined) row.port = port;
  if (role === "provider") {
    if (typeof model === "string") row.gpu_model = model.slice(0, 64);
    if (typeof price === "number") row.price = price;
    row.specs = sanitised(specs) ?? row.specs;
  }
  row.last_seen = now;
  if (!known) store.rows.push(row);
  return { id: row.id, node_id: nodeId };
};

const heartbeat: Handler = (store, pubkey, body, _id, now) => {
  const role = roleOf(body);
  const row = store.row(role, pubkey);
  if (!row) throw new PlaneError(404, "no row for this pubkey — call /register first");
  const port = portOf(body, role);
  if (isObject(body.specs)) {
    if (role !== "provider") {
      throw new PlaneError(500, `Could not find the 'specs' column of '${role}s' in the schema cache`);
    }
    row.specs = body.specs;
  }
  row.status = body.status === "offline" ? "offline" : "available";
  if (typeof body.address === "string") row.address = body.address;
  if (port !== undefined) row.port = port;
  row.last_seen = now;
  return { id: row.id };
};

const pollJobs: Handler = (store, pubkey, body) => {
  const provider = store.provider(pubkey);
  const assigned = [...store.jobs.values()]
    .filter((job) => job.status === "assigned" && job.provider_id === provider.id)
    .slice(0, limitOf(body.limit, 5, 25))
    .map(({ id, title, type, status, payment_offer, payment_coin, model_name, input_spec, created_at }) => ({
      id,
      title,
      type,
      status,
      payment_offer,
      payment_coin,
      model_name,
      input_spec,
      created_at,
    }));
  return { provider_id: provider.id, jobs: assigned };
};

const postEvents: Handler = (store, pubkey, { events }, id) => {
  if (!Array.isArray(events) || events.length === 0) throw new PlaneError(400, "events must be a non-empty array");
  if (events.length > 200) throw new PlaneError(400, "too many events (max 200)");
  const job = store.job(id, pubkey);
  const items = events.map((event: unknown) => (isObject(event) ? event : {}));
  if (!items.every(({ event_type: type }) => EVENT_TYPES.includes(String(type)))) {
    throw new PlaneError(400, "invalid event_type (must be one of meta, token, done, error)");
  }
  storable(items);
  for (const item of items) job.events.push({ event_type: String(item.event_type), data: item.data ?? {} });
  for (const watcher of job.watchers) watcher();
  return { inserted: items.length };
};

const completeJob: Handler = (store, pubkey, { status, result, error }, id) => {
  const job = store.job(id, pubkey);
  storable([result, error]);
  job.status = status === "failed" ? "failed" : "completed";
  job.completed++;
  if (job.status === "failed") job.error = typeof error === "string" ? error.slice(0, 1024) : null;
  else job.result = result;
  if (job.status === "completed" && job.payment_offer > 0) {
    store.payments.unshift({
      id: randomUUID(),
      direction: "outbound",
      job_id: job.id,
      coin: job.payment_coin ?? "USDC",
      amount: job.payment_offer,
      amount_usd: job.payment_offer,
      address: "pending-payout",
      tx_hash: null,
      status: "pending",
      metadata: { via: "node-api" },
      created_at: new Date().toISOString(),
    });
  }
  return { id: job.id, status: job.status };
};

const me: Handler = (store, pubkey, body) => {
  const row = store.row(roleOf(body), pubkey);
  return { row: row ? { ...row, last_seen: new Date(row.last_seen).toISOString() } : null };
};

const remove: Handler = (store, pubkey, body) => {
  const row = store.row(roleOf(body), pubkey);
  if (!row) return { deleted: false };
  store.drop(row);
  return { deleted: true, id: row.id };
};

const listPayments: Handler = (store, pubkey, body) => {
  const role = roleOf(body);
  if (role === "aggregator") return { rows: [] };
  if (!store.row(role, pubkey)) throw new PlaneError(404, "no row for this pubkey");
  return { rows: store.payments.slice(0, limitOf(body.limit, 20, 100)) };
};

const listPayouts: Handler = (store, pubkey) => {
  const { id } = store.provider(pubkey);
  const rows = store.payouts.filter((row) => row.provider_id === id);
  return { rows: [...rows].sort((a, b) => Number(b.is_default) - Number(a.is_default)) };
};

const payout = z.object({ coin: z.string().min(1), network: z.string().min(1), address: z.string().min(1) });

const setPayout: Handler = (store, pubkey, body) => {
  const provider = store.provider(pubkey);
  const asked = payout.safeParse(body);
  if (!asked.success) throw new PlaneError(400, "coin, network, and address are required");
  const coin = asked.data.coin.toUpperCase();
  const { network, address } = asked.data;
  for (const row of store.payouts) if (row.provider_id === provider.id) row.is_default = false;
  let row = store.payouts.find((known) => known.coin === coin && known.address === address);
  if (row) row.network = network;
  else {
    row = { id: randomUUID(), provider_id: provider.id, coin, network, address, is_default: true, created_at: "now" };
    store.payouts.push(row);
  }
  row.is_default = true;
  return { row };
};

const pollCommands: Handler = (store, pubkey, body) => {
  const claimed = [...store.commands.values()]
    .filter((command) => command.pubkey === pubkey && command.status === "pending")
    .slice(0, limitOf(body.limit, 5, 10));
  for (const command of claimed) command.status = "running";
  return { commands: claimed.map(({ id, command, args }) => ({ id, command, args })) };
};

const completeCommand: Handler = (store, pubkey, { status, result, error }, id) => {
  if (status !== "completed" && status !== "failed") throw new PlaneError(400, "status must be completed | failed");
  const command = store.commands.get(uuid(id));
  if (!command) throw new PlaneError(404, "command not found");
  if (command.pubkey !== pubkey) throw new PlaneError(403, "command does not target this pubkey");
  Object.assign(command, { status, result: result ?? null, error: error ?? null, told: command.told + 1 });
  return { id: command.id, status };
};

/** By path; ":id" stands for one piece of it. */
export const ROUTES: Readonly<Record<string, Handler>> = {
  "/api/v1/node/register": register,
  "/api/v1/node/heartbeat": heartbeat,
  "/api/v1/node/jobs/poll": pollJobs,
  "/api/v1/node/jobs/:id/events": postEvents,
  "/api/v1/node/jobs/:id/complete": completeJob,
  "/api/v1/node/me": me,
  "/api/v1/node/remove": remove,
  "/api/v1/node/payments/list": listPayments,
  "/api/v1/node/payouts/list": listPayouts,
  "/api/v1/node/payouts/set": setPayout,
  "/api/v1/node/commands/poll": pollCommands,
  "/api/v1/node/commands/:id/complete": completeCommand,
};
