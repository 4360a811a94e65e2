// The accounts that networks have on chains, for commands beside a node that may run or not.

import type { Chain, Intent } from "../chain/chain.ts";
import { Rpc } from "../chain/rpc.ts";
import { type Balance, balancesAt, transferCall } from "../chain/tokens.ts";
import type { Environment } from "../config/environment.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { Address } from "../core/address.ts";
import type { Clock } from "../core/clock.ts";
import { FxnError } from "../core/errors.ts";
import type { EthereumAccount } from "../core/ethereum.ts";
import type { Log } from "../core/log.ts";
import type { OwnPassword } from "../keys/keyring.ts";
import { createFetch } from "../lib/fetch.ts";
import { type OwnConfig, ownNetworksOn } from "../networks/config.ts";
import type { ChainUse, NetworkWallet } from "../networks/ports.ts";
import { SqliteEarnings } from "../store/earnings.ts";
import { networkState } from "../store/network-state.ts";
import { transactionsIn } from "../store/transactions.ts";
import { ChainClients } from "./chain-clients.ts";
import { UNCOUNTED } from "./chain-readers.ts";
import { openHomeDatabase } from "./home-database.ts";

export type WalletCode = "wallet_unknown" | "wallet_no_rpc" | "asset_unknown";

export class WalletError extends FxnError<WalletCode> {}

export interface Wallet {
  readonly network: string;
  /** The key that signs, by its name, and where its password is. */
  readonly account: string;
  readonly own: OwnPassword;
  readonly use: NetworkWallet;
}

/** Of the networks that are on and settle on a chain. */
export function walletsOn(loaded: LoadedConfig, env: Environment): readonly Wallet[] {
  return ownNetworksOn(loaded).flatMap((own) => walletOf(own, env) ?? []);
}

/** Also of a network that is off. */
export function walletOf({ network, account, passwordFile, written }: OwnConfig, env: Environment): Wallet | undefined {
  const use = network.wallet(written);
  const password = network.readEnvironment(env, true).keyPassword;
  return use && { network: network.id, account, own: { file: passwordFile, password }, use };
}

/** @throws RpcError, WalletError */
export async function balancesOf(wallet: Wallet, address: Address, ports: WalletPorts): Promise<readonly Balance[]> {
  const { read, close } = openWalletReads(wallet, ports);
  return read((view) => balancesAt(view, address, wallet.use.tokens)).finally(close);
}

export interface WalletReads extends Pick<Chain, "read"> {
  close(): void;
}

/** The chain of a wallet without its key: nothing can be sent. @throws WalletError */
export function openWalletReads({ network, use }: Wallet, ports: WalletPorts): WalletReads {
  const { rpcUrls, chainId, fetch = createFetch(ports.clock) } = use;
  if (rpcUrls.length === 0) throw noRpc(network);
  const hint = `Check the rpcUrls of networks.${network} in config.yaml.`;
  const rpc = new Rpc({ urls: rpcUrls, chainId, hint }, { ...ports, fetch, metrics: UNCOUNTED });
  return { read: (work) => rpc.read(work), close: () => rpc.close() };
}

export interface WalletPorts {
  readonly clock: Clock;
  readonly log: Log;
}

export interface Transfer {
  readonly to: Address;
  readonly asset: string;
  readonly amount: bigint;
}

/** A deed of its own each time: who wants to send twice may. @param id unique @throws WalletError */
export function transferIntent({ network, use }: Wallet, { to, asset, amount }: Transfer, id: string): Intent {
  const intent = { key: `wallet/${network}/${id}`, network: "wallet", job: "", model: "" };
  if (asset === "ETH") return { ...intent, to, data: "0x", value: amount };
  const token = use.tokens.find((one) => one.asset === asset);
  if (token) return { ...intent, to: token.address, data: transferCall(to, amount) };
  const known = ["ETH", ...use.tokens.map((one) => one.asset)].join(", ");
  throw new WalletError("asset_unknown", 404, `${network} has no asset ${asset}`, { hint: `It has: ${known}.` });
}

/** The queue that the node of this home has too. @throws StoreError, WalletError */
export function openWalletChain(home: string, wallet: Wallet, account: EthereumAccount, ports: WalletPorts) {
  if (wallet.use.rpcUrls.length === 0) throw noRpc(wallet.network);
  const { of, close } = openAccountChains(home, wallet.network, account, ports);
  return { chain: of(wallet.use), close };
}

/** The same for a network that finds its chain by itself; with what the node of this home knows of that network. */
export function openAccountChains(home: string, network: string, account: EthereumAccount, ports: WalletPorts) {
  const db = openHomeDatabase(home);
  const earnings = new SqliteEarnings(db, ports.clock);
  const transactions = transactionsIn(db, ports.clock);
  const chains = new ChainClients({
    ...ports,
    transactions,
    earnings,
    fetch: createFetch(ports.clock),
    metrics: () => UNCOUNTED,
  });
  const close = () => {
    chains.close();
    db.close();
  };
  return {
    of: (use: ChainUse) => chains.of(network, account, use),
    state: networkState(db, network, ports.clock),
    earnings,
    /** The account's own on that chain. */
    transactions: (chainId: number) => transactions(chainId, account.address),
    close,
  };
}

function noRpc(network: string): WalletError {
  const hint = `Set the rpcUrls of networks.${network} in config.yaml.`;
  return new WalletError("wallet_no_rpc", 404, `${network} has no RPC of its chain`, { hint });
}
