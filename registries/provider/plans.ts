// From a wish to the calls that fulfil it, as the chain stands now: nothing is sent here, and what is so already is said.
import { maxUint256 } from "viem";
import type { ChainView } from "../../src/chain/chain.ts";
import type { Address, Hex } from "../../src/core/address.ts";
import { ETHER, formatAmount } from "../../src/core/amount.ts";
import { approveCall, type Call, type NewProvider, pauseCall, registerCall, unstakeCall, updateCall } from "./calls.ts";
import { ProviderError } from "./errors.ts";
import { describedBy } from "./metadata.ts";
import { idText } from "./provider-id.ts";
import { allowanceOf, type Registered, type Standing } from "./reads.ts";
import { simulate } from "./simulate.ts";
import type { Moved } from "./transfers.ts";

export interface Plan {
  /** They are sent in their order, each when the one before is mined. */
  readonly calls: readonly Call[];
  /** Of FUNC, as a simulation has it; undefined: none could be made. */
  readonly moved: Moved | undefined;
  /** Of each call, as a simulation has it. */
  readonly gas: readonly bigint[] | undefined;
  /** What is so already, for people: nothing is to be done about it. */
  readonly already: string | undefined;
}

interface Reads {
  read<T>(work: (view: ChainView) => Promise<T>): Promise<T>;
}

export function alreadySo(already: string): Plan {
  return { calls: [], moved: undefined, gas: undefined, already };
}

function only(call: Call): Plan {
  return { calls: [call], moved: { out: 0n, in: 0n }, gas: undefined, already: undefined };
}

/** What one of the account's providers is meant. @param id as it was written @throws ProviderError */
export function chosen({ providers, account }: Standing, id: string | undefined): Registered {
  const known = providers.map((provider) => idText(provider.id));
  const [first, ...more] = id === undefined ? providers : providers.filter((one) => idText(one.id) === id);
  if (first && more.length === 0) return first;
  if (first) throw new ProviderError("provider_ambiguous", "which provider? Give --id", `One of: ${known.join(", ")}`);
  if (providers.length > 0)
    throw new ProviderError("provider_missing", `${account} owns no provider "${id}"`, `It owns: ${known.join(", ")}`);
  throw new ProviderError(
    "provider_missing",
    `${account} is not registered as a provider`,
    "Register it: fxn provider register --model-id N --url https://node.example",
  );
}

export function pausePlan({ registry }: Standing, { id, paused }: Registered, to: "pause" | "unpause"): Plan {
  if (paused === (to === "pause"))
    return alreadySo(paused ? "paused already" : "not paused: it is active for the network");
  return only(pauseCall(registry, id, to));
}

export function updatePlan({ registry }: Standing, { id, metadata }: Registered, wanted: string): Plan {
  if (wanted === metadata) return alreadySo("registered with these data already");
  return only(updateCall(registry, id, wanted));
}

/** @param present who has that id now @throws ProviderError provider_taken */
export function registerPlan(
  { registry, account }: Standing,
  present: Registered | undefined,
  wanted: NewProvider,
): Plan {
  if (!present) return only(registerCall(registry, wanted, false));
  refuseOther(present, account, wanted);
  return alreadySo("registered with these data already");
}

/** @throws ProviderError provider_taken: what is registered under that id is something else */
export function refuseOther(present: Registered, account: Address, wanted: NewProvider): void {
  const id = idText(present.id);
  if (present.owner !== account)
    throw new ProviderError("provider_taken", `"${id}" is registered by ${present.owner}`, "Choose another --id.");
  if (present.modelId !== wanted.modelId)
    throw new ProviderError(
      "provider_taken",
      `"${id}" is registered for model ${present.modelId}`,
      "A registration's model stays what it is: choose another --id for another model.",
    );
  const [is, shall] = [describedBy(present.metadata), describedBy(wanted.metadata)];
  if (is.url !== shall.url || (shall.name !== undefined && is.name !== shall.name))
    throw new ProviderError(
      "provider_taken",
      `"${id}" is registered with other data`,
      "Change them: fxn provider update",
    );
}

export interface Stake {
  readonly call: Call;
  /** Who may take the FUNC, the likeliest first: the contract that is called, or one that it calls. */
  readonly spenders: readonly [Address, ...Address[]];
  /** Most FUNC that may be taken; undefined: as much as the contract takes. */
  readonly most: bigint | undefined;
}

export interface TakenBack {
  /** undefined: nothing comes back now, or nobody can tell. */
  readonly amount: bigint | undefined;
  /** Why nothing does, in the contract's words. */
  readonly refusal: string | undefined;
}

/** What an unstaking would give now, which is all that says what is staked: no contract names it. */
export async function takenBack(chain: Reads, standing: Standing, staking: Address, id: Hex): Promise<TakenBack> {
  const [result] = (await simulate(chain, [unstakeCall(staking, id)], standing)) ?? [];
  if (!result) return { amount: undefined, refusal: undefined };
  if (result.success) return { amount: result.moved.in, refusal: undefined };
  return { amount: undefined, refusal: result.reason ?? "it gives no reason" };
}

/** No amount stands in the call: the contract takes what it takes, so it is tried, and exactly that is approved. @throws ProviderError */
export async function stakePlan(chain: Reads, standing: Standing, stake: Stake): Promise<Plan> {
  const { func, account, funcBalance } = standing;
  const { call, most } = stake;
  if (!func) throw new ProviderError("provider_refused", "the registry names no FUNC: nothing can be staked");
  const found = (await tried(chain, standing, func, stake)) ?? untried(stake);
  const { amount, spender } = found;
  if (most !== undefined && amount > most) {
    const message = `${call.signature} takes ${funcText(amount)}, and --amount allows ${funcText(most)}`;
    throw new ProviderError("provider_amount", message);
  }
  if (funcBalance < amount) throw tooLittle(standing, `${funcText(amount)} may be taken`);
  const approved = await chain.read((view) => allowanceOf(view, func, account, spender));
  const approval = approved < amount ? [approveCall(func, spender, amount)] : [];
  const calls = [...approval, call];
  return { calls, moved: found.moved, gas: found.gas?.slice(-calls.length), already: undefined };
}

interface Tried {
  readonly amount: bigint;
  readonly spender: Address;
  readonly moved: Moved | undefined;
  readonly gas: readonly bigint[] | undefined;
}

/** undefined: no RPC can simulate. */
async function tried(chain: Reads, standing: Standing, func: Address, stake: Stake): Promise<Tried | undefined> {
  const reasons: string[] = [];
  for (const spender of stake.spenders) {
    const calls = [approveCall(func, spender, maxUint256), stake.call];
    const results = await simulate(chain, calls, standing);
    const last = results?.at(-1);
    if (!results || !last) return undefined;
    const gas = results.map((one) => one.gas);
    if (last.success) return { amount: last.moved.out, spender, moved: last.moved, gas };
    reasons.push(last.reason ?? "it gives no reason");
  }
  // Of the wrong spender it says that too little is approved.
  const reason = reasons.find((one) => !/allowance/i.test(one)) ?? reasons[0];
  const message = `the contract refuses ${stake.call.signature}: ${reason}`;
  if (/balance/i.test(message)) throw tooLittle(standing, message);
  throw new ProviderError("provider_refused", message);
}

function untried({ most, spenders: [spender] }: Stake): Tried {
  if (most !== undefined) return { amount: most, spender, moved: undefined, gas: undefined };
  const message = "no RPC of rpcProvider can simulate the stake, so how much FUNC it takes is not known";
  throw new ProviderError("provider_amount", message, "Say how much may be taken: --amount 1000");
}

function tooLittle({ account, funcBalance }: Standing, why: string): ProviderError {
  // The standard error of tokens says what was wanted, in the smallest units.
  const [, wanted] = /ERC20InsufficientBalance\(\w+, \d+, (\d+)\)/.exec(why) ?? [];
  const of = wanted === undefined ? "" : ` of the ${funcText(BigInt(wanted))} that are taken`;
  const hint = `${account} has ${funcText(funcBalance)}${of}: send FUNC to it.`;
  return new ProviderError("provider_refused", why, hint);
}

/** A call that takes nothing and may give something: unstaking, claiming. */
export async function returnPlan(chain: Reads, standing: Standing, call: Call): Promise<Plan> {
  const [result] = (await simulate(chain, [call], standing)) ?? [];
  if (result && !result.success) {
    const message = `the contract refuses ${call.signature}: ${result.reason ?? "it gives no reason"}`;
    throw new ProviderError("provider_refused", message);
  }
  return { calls: [call], moved: result?.moved, gas: result && [result.gas], already: undefined };
}

function funcText(amount: bigint): string {
  return `${formatAmount(amount, ETHER)} FUNC`;
}
