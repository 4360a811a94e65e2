// Between a plan and its first transaction: others act while a person reads, so the chain is looked at once more.
import type { Call } from "../../registries/provider/calls.ts";
import { ProviderError } from "../../registries/provider/errors.ts";
import { alreadySo, type Plan } from "../../registries/provider/plans.ts";
import type { Standing } from "../../registries/provider/reads.ts";
import { TransactionError } from "../../src/chain/errors.ts";
import type { Deed, ProviderAccount } from "../../src/node/provider-account.ts";

export interface Planned {
  readonly before: Standing;
  readonly plan: Plan;
}

export interface Agreed extends Planned {
  /** Of each call. */
  readonly deeds: readonly Deed[];
}

export interface AgreementPorts {
  readonly chain: Pick<ProviderAccount, "deed" | "done">;
  /** Tells what would be done. */
  show(planned: Planned): Promise<void>;
  /** Throws when a person does not want it; undefined: nobody is asked, and what has changed is planned anew. */
  readonly ask: (() => Promise<void>) | undefined;
  /** By the chain as it is now. */
  again(): Promise<Planned>;
}

/** A chain that changes at every look is no reason to look for ever. */
const MOST_LOOKS = 5;

/** @throws ProviderError provider_changed, and nothing was sent */
export async function agreedPlan(first: Planned, ports: AgreementPorts): Promise<Agreed> {
  const { chain, show, ask } = ports;
  let planned = first;
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const chosen = () => planned.plan.calls.map((call) => chain.deed(call));
    const shown = chosen();
    const refusal = await refusalIn(show(planned));
    if (planned.plan.calls.length === 0) return { ...planned, deeds: [] };
    if (refusal) {
      // Perhaps for what another run has done since the plan was made.
      const now = await lookAgain(shown, planned, ports);
      if (isSame(planned.plan, now.plan)) throw refusal;
      planned = now;
      continue;
    }
    await ask?.();
    const deeds = chosen();
    const now = await lookAgain(shown, planned, ports);
    if (isSame(planned.plan, now.plan)) return { ...planned, deeds };
    if (ask && now.plan.calls.length > 0) throw changed("something else would be done now");
    planned = now;
  }
  throw changed("the chain does not come to rest");
}

/** What is told has the gas in it, for which the chain tries the call. */
async function refusalIn(telling: Promise<void>): Promise<TransactionError | undefined> {
  try {
    await telling;
    return undefined;
  } catch (error) {
    if (error instanceof TransactionError) return error;
    throw error;
  }
}

/** Who was second is told of who was first, rather than of a contract that refuses. */
async function lookAgain(shown: readonly Deed[], { before }: Planned, { chain, again }: AgreementPorts) {
  try {
    return await again();
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const last = shown.at(-1);
    const transaction = last && chain.done(last);
    if (transaction === undefined) throw changed(error.message);
    return { before, plan: alreadySo(`done by the transaction ${transaction} of another run`) };
  }
}

/** The same calls, that take no more. */
function isSame(one: Plan, other: Plan): boolean {
  const bytes = ({ calls }: Plan) => calls.map(({ to, data }: Call) => `${to} ${data}`).join();
  return bytes(one) === bytes(other) && (other.moved?.out ?? 0n) <= (one.moved?.out ?? other.moved?.out ?? 0n);
}

function changed(why: string): ProviderError {
  const message = `what was planned is not so any more: ${why}. Nothing was sent`;
  return new ProviderError("provider_changed", message, "The same command again looks anew.");
}
