// A claim by hand: held against the same terms as the node's own, and left to the node before it is sent, which finishes it.
import type { Chain } from "../../../chain/chain.ts";
import { TransactionError } from "../../../chain/errors.ts";
import type { Hex } from "../../../core/address.ts";
import { OarnError } from "../errors.ts";
import type { OarnFacts } from "../job/facts.ts";
import { claimIntent, workCost } from "../job/intents.ts";
import { standingOf } from "../job/ports.ts";
import { lossOf } from "../job/price.ts";
import { refusalOf } from "../registry/reasons.ts";
import type { TaskRegistry } from "../registry/registry.ts";
import type { Task } from "../registry/task.ts";
import type { Content } from "../tasks/content.ts";
import type { Terms } from "../tasks/judge.ts";
import type { Orders } from "../tasks/orders.ts";
import { prepare } from "../tasks/prepare.ts";

export interface ClaimPorts {
  readonly chain: Chain;
  readonly content: Content;
  readonly terms: Terms;
  readonly orders: Orders;
}

export interface Claimable {
  readonly facts: OarnFacts;
  /** It is claimed by this node already. */
  readonly held: boolean;
  /** Of a claim and a submission, wei at most. */
  readonly cost: bigint;
}

/** @throws OarnError "oarn_declined" with the reason not to claim, "oarn_not_found" */
export async function mayClaim(
  registry: TaskRegistry,
  id: bigint,
  { chain, content, terms }: ClaimPorts,
  signal: AbortSignal,
): Promise<Claimable> {
  const { task, claimed, submitted, now, block } = await chain.read(async (view) => ({
    ...(await standingOf({ chain, registry, id }, view, chain.account)),
    block: view.block,
  }));
  if (!task) throw new OarnError("oarn_not_found", 404, `there is no task ${id} in ${registry.name}`);
  if (submitted) throw declined(id, "this node has delivered it");
  const candidate = { registry, task, now, block, held: claimed };
  const facts = await prepare(candidate, { content, terms: () => terms }, signal);
  if ("reason" in facts) throw declined(id, facts.reason);
  if (claimed) return { facts, held: true, cost: 0n };
  const cost = await costOf(registry, task, chain);
  const loss = lossOf(task, cost, terms.minReward);
  if (loss !== undefined) throw declined(id, loss);
  return { facts, held: false, cost };
}

async function costOf(registry: TaskRegistry, task: Task, chain: Chain): Promise<bigint> {
  try {
    return await workCost(chain, registry, task);
  } catch (error) {
    const refusal = refusalOf(error);
    throw refusal && refusal.meaning !== "other" ? declined(task.id, refusal.words) : error;
  }
}

/** @returns its transaction; undefined: it was claimed before @throws TransactionError, OarnError */
export async function claimByHand(
  registry: TaskRegistry,
  id: bigint,
  { facts, held }: Claimable,
  { chain, orders }: ClaimPorts,
  signal: AbortSignal,
): Promise<Hex | undefined> {
  orders.add(registry, id);
  if (held) return undefined;
  const isClaimed = () => chain.read((view) => registry.hasClaimed(view, id, chain.account));
  try {
    const { transaction } = await chain.send(claimIntent(registry, id, facts.model), signal);
    if (await isClaimed()) return transaction;
    throw new OarnError("oarn_declined", 503, "the claim is no longer on the chain", { hint: "Try again." });
  } catch (error) {
    // One that may still be mined is the node's to look after.
    const pending = error instanceof TransactionError && error.code === "transaction_pending";
    if (!pending && error instanceof TransactionError && !(await isClaimed())) orders.done(registry, id);
    throw error;
  }
}

function declined(id: bigint, reason: string): OarnError {
  return new OarnError("oarn_declined", 409, `task ${id} is not claimed: ${reason}`);
}
