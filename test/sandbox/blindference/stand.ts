// For test files: Blindference's contracts on a chain of this machine, and for each test a node of its own there.
import { afterAll, afterEach, beforeAll, beforeEach } from "bun:test";
import { parseEther } from "viem";
import type { Chain } from "../../../src/chain/chain.ts";
import type { Address } from "../../../src/core/address.ts";
import type { EthereumAccount } from "../../../src/core/ethereum.ts";
import { type Step, stakeSteps } from "../../../src/networks/blindference/staking.ts";
import { accountOf } from "../../fakes/blindference-account.ts";
import { type ChainHome, openChain } from "../chain-rig.ts";
import { type BlindferenceRig, startBlindferenceRig } from "./rig.ts";

export interface Stand {
  readonly rig: BlindferenceRig;
  readonly home: ChainHome;
  readonly chain: Chain;
  readonly account: EthereumAccount;
  /** Its private key, 64 hex digits. */
  readonly key: string;
  readonly address: Address;
  /** By the chain's clock. */
  seconds(): Promise<number>;
  later(seconds: number): Promise<void>;
  carryOut(steps: readonly Step[]): Promise<void>;
  /** One wish, unless it is named, for each call. @param amount in BLIND's smallest unit */
  stake(amount: bigint, wish?: string): Promise<void>;
  /** The same with BLIND that it is given first. */
  staked(blind: string): Promise<void>;
}

export function useStand(): Stand {
  let rig: BlindferenceRig | undefined;
  let home: ChainHome | undefined;
  let opened: ReturnType<typeof openChain> | undefined;
  let wishes = 0;
  const there = <T>(thing: T | undefined): T => {
    if (thing === undefined) throw new Error("only inside a test");
    return thing;
  };
  beforeAll(async () => {
    rig = await startBlindferenceRig();
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    home = await there(rig).home();
    opened = openChain(home, { rpcUrls: [there(rig).url] });
  });
  afterEach(() => opened?.close());
  const stand: Stand = {
    get rig() {
      return there(rig);
    },
    get home() {
      return there(home);
    },
    get chain() {
      return there(opened).chain;
    },
    get account() {
      return accountOf(stand.key);
    },
    get key() {
      return stand.home.key.slice(2);
    },
    get address() {
      return stand.chain.account;
    },
    seconds: async () => Number((await stand.rig.client.getBlock()).timestamp),
    async later(seconds) {
      await stand.rig.client.increaseTime({ seconds });
      await stand.rig.client.mine({ blocks: 1 });
    },
    async carryOut(steps) {
      for (const { intent } of steps) await stand.chain.send(intent, new AbortController().signal);
    },
    stake: async (amount, wish = `wish/${++wishes}`) => stand.carryOut(await stakeSteps(stand.chain, amount, wish)),
    async staked(blind) {
      await stand.rig.fund(stand.address, parseEther(blind));
      await stand.stake(parseEther(blind));
    },
  };
  return stand;
}
