// What a running node sends by itself, where the first try of it came to nothing.
import { expect, test } from "bun:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeNetworkState } from "../../../test/fakes/network-state.ts";
import type { Intent } from "../../chain/chain.ts";
import { TransactionError } from "../../chain/errors.ts";
import { NOBODY } from "./contracts/addresses.ts";
import { carryOut } from "./deeds.ts";

const never = new AbortController().signal;

test("a deed that failed in its block is done anew, under another name; one that another wallet displaced too", async () => {
  const state = new FakeNetworkState(new FakeClock());
  const keys: string[] = [];
  const receipt = { transaction: "0x01", block: 1n, logs: [], cost: 1n } as const;
  let failures = 2;
  const chain = {
    async send(intent: Intent) {
      keys.push(intent.key);
      expect(await intent.again?.()).toBe(true);
      if (failures-- > 0) throw new TransactionError("transaction_failed", "its gas ran out");
      return receipt;
    },
  };
  const intent = { key: "beat/1", network: "", job: "", model: "", to: NOBODY, data: "0x" } as const;
  for (let i = 0; i < 2; i++) await expect(carryOut({ chain, state }, intent, never)).rejects.toThrow("ran out");
  expect(await carryOut({ chain, state }, intent, never)).toBe(receipt);
  // Asked for again it is the same deed, whose receipt the chain client has.
  await carryOut({ chain, state }, intent, never);
  expect(keys).toEqual(["beat/1", "beat/1/again-1", "beat/1/again-2", "beat/1/again-2"]);
});
