import { expect, test } from "bun:test";
import { alreadySo, type Plan } from "../../registries/provider/plans.ts";
import type { Standing } from "../../registries/provider/reads.ts";
import { TransactionError } from "../../src/chain/errors.ts";
import { parseAddress } from "../../src/core/address.ts";
import { agreedPlan } from "./agreed-plan.ts";

const NOBODY = parseAddress("0x1111111111111111111111111111111111111111");
if (!NOBODY) throw new Error("no address");
const before: Standing = {
  ...{ chainId: 1, block: 1n, router: NOBODY, registry: NOBODY, func: undefined, account: NOBODY },
  ...{ providers: [], ether: 0n, funcBalance: 0n },
};
const call = { what: "stake", signature: "stake(id)", contract: "Staking", to: NOBODY, data: "0x01", abi: [] } as const;
const stake: Plan = { calls: [call], moved: undefined, gas: undefined, already: undefined };
const refusal = new TransactionError("transaction_refused", "the contract refuses it: too little is allowed");
const chain = { deed: () => ({ call, key: "k" }), done: () => undefined };
const show = async ({ plan }: { plan: Plan }) => {
  if (plan.calls.length > 0) throw refusal;
};
const agreed = (now: Plan) =>
  agreedPlan({ before, plan: stake }, { chain, show, ask: undefined, again: async () => ({ before, plan: now }) });

test("refused while it is told, since another run has done it meanwhile: told as that", async () => {
  expect((await agreed(alreadySo("staked already"))).plan.already).toBe("staked already");
});

test("refused while nothing has changed: refused", async () => {
  expect(await agreed(stake).catch((error: unknown) => error)).toBe(refusal);
});
