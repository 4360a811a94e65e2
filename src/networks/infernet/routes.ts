// Every route of a control plane that a node asks, by name, with the form of its answer.
import { z } from "zod";
import type { ControlPlane } from "./control-plane.ts";

const ROLE = "provider";
const NODE = "/api/v1/node";
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export interface Registration {
  readonly node_id: string;
  readonly name: string;
  readonly status?: "offline" | "available";
  readonly address?: string;
  readonly port?: number;
  readonly gpu_model?: string;
  readonly price?: number;
  readonly specs: object;
}

export interface Heartbeat {
  readonly status: "available" | "offline";
  readonly address?: string;
  readonly port?: number;
  readonly specs?: object;
}

export type JobEvent =
  | { readonly event_type: "token"; readonly data: { readonly text: string } }
  | { readonly event_type: "meta" | "done" | "error"; readonly data: object };

export type Outcome =
  | { readonly status: "completed"; readonly result: object }
  | { readonly status: "failed"; readonly error: string };

const row = z.looseObject({
  id: z.string(),
  node_id: z.string().nullish(),
  name: z.string().nullish(),
  status: z.string().nullish(),
  address: z.string().nullish(),
  port: z.number().nullish(),
});
export type NodeRow = z.infer<typeof row>;

/** An entry is looked at when it is taken: one that is odd must not hide the others. */
const polled = z.object({ jobs: z.array(z.unknown()) });

const payment = z.object({
  id: z.string(),
  direction: z.string(),
  coin: z.string().nullish(),
  amount: z.number().nullish(),
  amount_usd: z.number().nullish(),
  status: z.string(),
  tx_hash: z.string().nullish(),
  job_id: z.string().nullish(),
  created_at: z.string(),
});
export type Payment = z.infer<typeof payment>;

const payout = z.object({ coin: z.string(), network: z.string(), address: z.string(), is_default: z.boolean() });
export type Payout = z.infer<typeof payout>;

const link = z.object({ id: z.string(), created: z.boolean() });
const id = z.object({ id: z.string() });

/** What stops waiting: the node ends. */
type Signal = AbortSignal | undefined;

export const register = (plane: ControlPlane, node: Registration, signal?: Signal) =>
  plane.call(`${NODE}/register`, { role: ROLE, ...node }, z.object({ id: z.string(), node_id: z.string() }), {
    signal,
  });

export const heartbeat = (plane: ControlPlane, beat: Heartbeat, signal?: Signal, timeoutMs?: number) =>
  plane.call(`${NODE}/heartbeat`, { role: ROLE, ...beat }, id, { signal, ...(timeoutMs && { timeoutMs }) });

export const me = async (plane: ControlPlane, signal?: Signal): Promise<NodeRow | undefined> =>
  (await plane.call(`${NODE}/me`, { role: ROLE }, z.object({ row: row.nullable() }), { signal })).row ?? undefined;

export const remove = async (plane: ControlPlane): Promise<boolean> =>
  (await plane.call(`${NODE}/remove`, { role: ROLE }, z.object({ deleted: z.boolean() }))).deleted;

/** As many as it gives: those in hand are among them, and they must not hide new ones. */
export const POLL_LIMIT = 25;

export const pollJobs = async (plane: ControlPlane, signal?: Signal): Promise<readonly unknown[]> =>
  (await plane.call(`${NODE}/jobs/poll`, { limit: POLL_LIMIT }, polled, { signal })).jobs;

/** Not to be repeated unless it was surely not accepted. */
export const postEvents = (plane: ControlPlane, job: string, events: readonly JobEvent[], signal?: Signal) =>
  plane.call(`${NODE}/jobs/${job}/events`, { events }, z.object({ inserted: z.number() }), { signal });

/** Not to be repeated unless it was surely not accepted: it may pay. */
export const completeJob = (plane: ControlPlane, job: string, outcome: Outcome, signal?: Signal) =>
  plane.call(`${NODE}/jobs/${job}/complete`, outcome, z.object({ status: z.string() }), { signal });

/** What it gives is ours from then on, and is never given again: each entry is looked at by itself. */
export const pollCommands = async (plane: ControlPlane, signal?: Signal) =>
  (await plane.call(`${NODE}/commands/poll`, { limit: 5 }, z.object({ commands: z.array(z.unknown()) }), { signal }))
    .commands;

export const completeCommand = (
  plane: ControlPlane,
  commandId: string,
  outcome: { status: "completed" | "failed"; result?: object | undefined; error?: string | undefined },
  signal?: Signal,
) => plane.call(`${NODE}/commands/${commandId}/complete`, outcome, z.looseObject({ status: z.string() }), { signal });

export const listPayments = async (plane: ControlPlane, limit: number): Promise<readonly Payment[]> =>
  (await plane.call(`${NODE}/payments/list`, { role: ROLE, limit }, z.object({ rows: z.array(payment) }))).rows;

export const listPayouts = async (plane: ControlPlane): Promise<readonly Payout[]> =>
  (await plane.call(`${NODE}/payouts/list`, {}, z.object({ rows: z.array(payout) }))).rows;

export const setPayout = (plane: ControlPlane, to: { coin: string; network: string; address: string }) =>
  plane.call(`${NODE}/payouts/set`, to, z.object({ row: payout }));

/** @param token of the operator's account, from the device login */
export const linkKey = (plane: ControlPlane, token: string, label?: string) =>
  plane.call("/api/v1/user/pubkey/link", { role: ROLE, ...(label && { label }) }, link, {
    headers: { authorization: `Bearer ${token}` },
  });
