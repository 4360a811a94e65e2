// A chain with one contract on it, and clients of it that share a home: for tests of transactions.
import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createTestClient,
  encodeFunctionData,
  type Hex,
  http,
  keccak256,
  parseEther,
  publicActions,
  toHex,
  walletActions,
} from "viem";
import { z } from "zod";
import type { Intent } from "../../src/chain/chain.ts";
import { ChainClient } from "../../src/chain/client.ts";
import type { ChainOptions, Timing } from "../../src/chain/settings.ts";
import { type Address, parseAddress } from "../../src/core/address.ts";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { signerFromKey } from "../../src/keys/signer.ts";
import { createFetch, type Fetch } from "../../src/lib/fetch.ts";
import { openDatabase } from "../../src/store/database.ts";
import { SqliteEarnings } from "../../src/store/earnings.ts";
import { SqliteTransactions } from "../../src/store/transactions.ts";
import { FakeLog } from "../fakes/log.ts";
import { Anvil } from "./anvil.ts";
import { type Contract, compileContracts } from "./compile.ts";

/** The first of anvil's unlocked accounts. */
const DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
export const CHAIN_ID = 421_614;
export const QUICK: Timing = {
  firstPollMs: 20,
  pollMs: 20,
  idleMs: 50,
  lagMs: 300,
  resendMs: 150,
  stuckMs: 400,
  foreignMs: 200,
  settledAfter: 4,
};

export type ChainRig = Awaited<ReturnType<typeof startChainRig>>;

export async function startChainRig() {
  const { Deeds, Coin } = await compileContracts();
  const anvil = new Anvil(0, CHAIN_ID);
  await anvil.start();
  const client = createTestClient({ mode: "anvil", transport: http(anvil.url, { retryCount: 0 }), pollingInterval: 20 })
    .extend(publicActions)
    .extend(walletActions);
  const deploy = async ({ abi, bytecode }: Contract) => {
    const hash = await client.deployContract({ abi, bytecode, account: DEPLOYER, chain: null });
    const { contractAddress } = await client.waitForTransactionReceipt({ hash });
    return addressOf(contractAddress ?? "");
  };
  const deeds = await deploy(Deeds);
  const coin = await deploy(Coin);
  const homes: string[] = [];

  const call = (functionName: string, args: readonly unknown[] = []) =>
    encodeFunctionData({ abi: Deeds.abi, functionName, args });

  return {
    url: anvil.url,
    client,
    deeds,
    coin,
    /** Gives coins to an account. */
    async pay(to: Address, amount: bigint): Promise<void> {
      const hash = await client.writeContract({
        ...{
          address: coin,
          abi: Coin.abi,
          functionName: "transfer",
          args: [to, amount],
          account: DEPLOYER,
          chain: null,
        },
      });
      await client.waitForTransactionReceipt({ hash });
    },
    abi: Deeds.abi,
    call,
    /** A home with a new, funded account. */
    async home(ether = "1"): Promise<ChainHome> {
      const home = mkdtempSync(join(tmpdir(), "fxn-chain-"));
      homes.push(home);
      const key = crypto.getRandomValues(new Uint8Array(32));
      const account = signerFromKey(key);
      await client.setBalance({ address: account.address, value: parseEther(ether) });
      return { home, key: toHex(key), address: account.address };
    },
    deed: (key: string, more: Partial<Intent> = {}): Intent => ({
      ...{ key, network: "toy", job: `job of ${key}`, model: "m", to: deeds, data: call("perform", [deedOf(key)]) },
      ...more,
    }),
    /** Before all that waits: it pays more. */
    close: (closed: boolean) =>
      client.writeContract({
        ...{ address: deeds, abi: Deeds.abi, functionName: "close", args: [closed], account: DEPLOYER, chain: null },
        ...{ maxPriorityFeePerGas: 50_000_000_000n, maxFeePerGas: 90_000_000_000n },
      }),
    /** How often it was done. */
    async times(key: string): Promise<number> {
      const times = await client.readContract({
        ...{ address: deeds, abi: Deeds.abi, functionName: "times", args: [deedOf(key)] },
      });
      return Number(z.bigint().parse(times));
    },
    async nonceOf(address: Address): Promise<number> {
      return client.getTransactionCount({ address });
    },
    async stop(): Promise<void> {
      await anvil.remove();
      for (const home of homes) rmSync(home, { recursive: true, force: true });
    },
  };
}

export interface ChainHome {
  readonly home: string;
  readonly key: Hex;
  readonly address: Address;
}

export function openChain(
  { home, key }: Pick<ChainHome, "home" | "key">,
  options: Partial<ChainOptions> & {
    readonly rpcUrls: readonly string[];
    readonly clock?: Clock;
    readonly fetch?: Fetch;
  },
) {
  const { clock = systemClock, fetch = createFetch(clock), ...rest } = options;
  const db = openDatabase(home, { claim: () => undefined, refuseUpTo() {} });
  const account = signerFromKey(Buffer.from(key.slice(2), "hex"));
  const transactions = new SqliteTransactions(db, { chain: CHAIN_ID, account: account.address, clock });
  const events: string[] = [];
  const log = new FakeLog();
  const earnings = new SqliteEarnings(db, clock);
  const chain = new ChainClient(
    { network: "toy", chainId: CHAIN_ID, gasPerDay: parseEther("0.1"), timing: QUICK, ...rest },
    {
      ...{ account, transactions, clock, log },
      earnings,
      fetch,
      metrics: { rpc() {}, transaction: (network, event) => void events.push(`${network} ${event}`) },
    },
  );
  const close = () => {
    chain.close();
    db.close();
  };
  /** All that was written, the latest state of it. */
  const earned = () => EarningRows.parse(db.query("SELECT * FROM earnings ORDER BY at").all());
  return { chain, transactions, earned, events, log, db, close };
}

const EarningRows = z.array(
  z.object({
    ...{ network: z.string(), job: z.string(), model: z.string(), kind: z.string(), asset: z.string() },
    ...{ amount: z.string().transform(BigInt), transaction: z.string() },
  }),
);

export function deedOf(key: string): Hex {
  return keccak256(toHex(key));
}

/** The nonces of all that was ever signed in that home. */
export function noncesIn(home: string): number[] {
  const db = new Database(join(home, "fxn.db"), { readonly: true });
  const rows = z
    .array(z.object({ nonce: z.number() }))
    .parse(db.query("SELECT nonce FROM transactions ORDER BY nonce").all());
  db.close();
  return rows.map(({ nonce }) => nonce);
}

function addressOf(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`not an address: ${text}`);
  return parsed;
}
