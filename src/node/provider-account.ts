// The Function Network's account for commands beside a node that may run or not: reads, and deeds that are done once.
import { createHash } from "node:crypto";
import { expectedChainId } from "../../registries/expected-chain.ts";
import type { Call } from "../../registries/provider/calls.ts";
import { type Moved, movedBy } from "../../registries/provider/transfers.ts";
import type { ChainView, Intent, Receipt } from "../chain/chain.ts";
import { TransactionError } from "../chain/errors.ts";
import { planOf } from "../chain/plan.ts";
import { Rpc } from "../chain/rpc.ts";
import type { Config } from "../config/schema.ts";
import type { Address, Hex } from "../core/address.ts";
import type { EthereumAccount } from "../core/ethereum.ts";
import type { StoredTransaction, Transactions } from "../core/transactions.ts";
import { createFetch } from "../lib/fetch.ts";
import { FUNCTION } from "../networks/index.ts";
import { UNCOUNTED } from "./chain-readers.ts";
import { openAccountChains, type WalletPorts } from "./wallets.ts";

/** What its rewards are counted in. */
const ASSET = "FUNC";
const HINT = "Check rpcProvider and registry in config.yaml.";

export interface Cost {
  readonly gas: bigint;
  /** The most that its gas can cost, wei. */
  readonly cost: bigint;
}

/** Without a key: nothing can be sent. */
export interface ProviderReads {
  read<T>(work: (view: ChainView) => Promise<T>): Promise<T>;
  /** @throws TransactionError as `send` would */
  estimate(call: Call): Promise<Cost>;
  close(): void;
}

/** What an earlier run has left on its way, and what became of it. */
export interface Left {
  readonly call: Pick<Call, "to" | "data">;
  /** "pause". */
  readonly what: string;
  readonly receipt: Receipt | undefined;
  readonly failure: string | undefined;
}

/** A call that is made once, however many send it. */
export interface Deed {
  readonly call: Call;
  readonly key: string;
}

export interface ProviderAccount extends ProviderReads {
  /**
   * Chosen before the chain is read for the last time, it cannot be done twice: what another run does until it is sent is
   * either seen on the chain or was this very deed.
   */
  deed(call: Call): Deed;
  /** The transaction that has done it, of whatever run. */
  done(deed: Deed): Hex | undefined;
  /** Waits for what earlier runs have left on its way: before that the chain's state is not what it will be. */
  left(func: Address | undefined, signal: AbortSignal): Promise<readonly Left[]>;
  /** @throws TransactionError: see its codes */
  send(deed: Deed, func: Address | undefined, signal: AbortSignal): Promise<{ receipt: Receipt; moved: Moved }>;
}

type ChainConfig = Pick<Config, "registry" | "rpcProvider">;

/** @param account who would send */
export function openProviderReads(config: ChainConfig, account: Address, ports: WalletPorts): ProviderReads {
  const { registry, rpcProvider } = config;
  const rpcPorts = { ...ports, fetch: createFetch(ports.clock), metrics: UNCOUNTED };
  const rpc = new Rpc({ urls: rpcProvider, chainId: expectedChainId(registry), hint: HINT }, rpcPorts);
  const options = { account, maxFeePerGas: registry.maxFeePerGas, outstanding: 0n };
  return {
    read: (work) => rpc.read(work),
    estimate: (call) => planOf(rpc, intentOf("", call), options),
    close: () => rpc.close(),
  };
}

/** @throws StoreError, RpcError when the chain's id is not configured and no RPC says it */
export async function openProviderAccount(
  home: string,
  config: ChainConfig,
  account: EthereumAccount,
  ports: WalletPorts,
): Promise<ProviderAccount> {
  const { registry, rpcProvider } = config;
  const chainId = expectedChainId(registry) ?? (await askedChainId(config, account.address, ports));
  const opened = openAccountChains(home, FUNCTION.id, account, ports);
  const { gasPerDay, maxFeePerGas } = registry;
  const chain = opened.of({
    chainId,
    rpcUrls: rpcProvider,
    rpcSetting: "rpcProvider",
    gasPerDay,
    ...(maxFeePerGas !== undefined && { maxFeePerGas }),
  });
  const book = opened.transactions(chainId);

  const earn = async (
    key: string,
    { transaction, logs }: Pick<Receipt, "transaction" | "logs">,
    func: Address | undefined,
  ) => {
    const moved = movedBy(logs, func, account.address);
    if (isClaim(key) && moved.in > 0n) {
      await opened.earnings.add({
        ...{ at: ports.clock.now(), network: FUNCTION.id, job: "", model: "", kind: "reward", asset: ASSET },
        ...{ amount: moved.in, transaction },
      });
    }
    return moved;
  };

  return {
    read: (work) => chain.read(work),
    estimate: (call) => chain.estimate(intentOf(keyOf(book, chainId, call), call)),
    async left(func, signal) {
      const found: Left[] = [];
      for (const one of book.open().filter(({ network }) => network === FUNCTION.id)) {
        // A run that was killed after its block has perhaps not written down what it got; twice is once.
        if (one.mined?.success) await earn(one.key, { ...one.mined, transaction: one.mined.hash }, func);
        if (one.state !== "sent") continue;
        const known = { call: { to: one.to, data: one.data }, what: deedOf(one.key) };
        try {
          const receipt = await chain.send(one, signal);
          await earn(one.key, receipt, func);
          found.push({ ...known, receipt, failure: undefined });
        } catch (error) {
          if (!(error instanceof TransactionError) || error.code === "transaction_pending") throw error;
          found.push({ ...known, receipt: undefined, failure: error.message });
        }
      }
      return found;
    },
    deed: (call) => ({ call, key: keyOf(book, chainId, call) }),
    done({ key }) {
      const mined = book.ofKey(key)?.mined;
      return mined?.success ? mined.hash : undefined;
    },
    async send({ call, key }, func, signal) {
      const receipt = await chain.send(intentOf(key, call), signal);
      return { receipt, moved: await earn(key, receipt, func) };
    },
    close: opened.close,
  };
}

/** The same for two runs at once and for one after a crash; another once the one before has come to its end. */
function keyOf(book: Transactions, chainId: number, { what, to, data }: Call): string {
  const deed = createHash("sha256").update(`${to} ${data}`).digest("hex").slice(0, 32);
  for (let n = 0; ; n += 1) {
    const key = `${FUNCTION.id}/${chainId}/${what}/${deed}/${n}`;
    const standing = book.ofKey(key)?.state;
    if (standing === undefined || standing === "sent") return key;
  }
}

function deedOf(key: StoredTransaction["key"]): string {
  return key.split("/")[2] ?? "";
}

function isClaim(key: string): boolean {
  return deedOf(key) === "claim";
}

function intentOf(key: string, { to, data, abi }: Call): Intent {
  return { key, network: FUNCTION.id, job: "", model: "", to, data, abi };
}

async function askedChainId(config: ChainConfig, account: Address, ports: WalletPorts): Promise<number> {
  const reads = openProviderReads(config, account, ports);
  return reads.read(async ({ chainId }) => chainId).finally(() => reads.close());
}
