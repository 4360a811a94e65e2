// What a leader needs before it claims: the gas for the keys of its answers among it.
import { expect, test } from "bun:test";
import { parseEther } from "viem";
import { FakeClock } from "../../../../test/fakes/clock.ts";
import { FakeNetworkState } from "../../../../test/fakes/network-state.ts";
import { STORE } from "../../../../test/sandbox/blindference/rig.ts";
import { useStand } from "../../../../test/sandbox/blindference/stand.ts";
import { openChain } from "../../../../test/sandbox/chain-rig.ts";
import type { Intent } from "../../../chain/chain.ts";
import { parseAddress } from "../../../core/address.ts";
import { Leading } from "./leading.ts";

const stand = useStand();
const unused = () => Promise.reject(new Error("nothing is decrypted or encrypted here"));
const cofhe = { provable: true, cannotEncrypt: async () => undefined, decrypt: unused, encrypt: unused };

test("attack: a leader that can pay for no key, or not within the day's gas, does not lead", async () => {
  const state = new FakeNetworkState(new FakeClock());
  const claims = { open: 0 };
  const leading = (chain = stand.chain) =>
    new Leading({
      node: stand.address,
      cofhe,
      chain,
      promptKeyStore: parseAddress(STORE),
      canUpload: true,
      state,
      claims,
    });
  expect(await leading().refusal()).toBeUndefined();
  const thrifty = openChain(stand.home, { rpcUrls: [stand.rig.url], gasPerDay: parseEther("0.0001") });
  expect((await leading(thrifty.chain).refusal())?.why).toContain("for 24 hours are spent");
  thrifty.close();
  await stand.rig.client.setBalance({ address: stand.address, value: 1n });
  expect((await leading().refusal())?.why).toContain("may be needed");
});

test("the gas for a key is what the latest one took and a quarter more; a guess is made for the first only", async () => {
  const state = new FakeNetworkState(new FakeClock());
  const spare: (bigint | undefined)[] = [];
  const chain = {
    ...{ chainId: stand.chain.chainId, account: stand.address, send: () => Promise.reject(new Error("not sent here")) },
    read: stand.chain.read.bind(stand.chain),
    async estimate({ spareGas }: Intent) {
      spare.push(spareGas);
      return { gas: 1n, cost: 1n };
    },
  };
  const leading = new Leading({
    ...{ node: stand.address, cofhe, chain, promptKeyStore: parseAddress(STORE), canUpload: true, state },
    claims: { open: 1 },
  });
  await leading.refusal();
  leading.stored(400_000n);
  await leading.refusal();
  expect(spare).toEqual([2_000_000n, 1_000_000n]);
});
