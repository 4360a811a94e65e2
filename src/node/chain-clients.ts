// The chains of a home: one client for each use, all of one account's transactions in one queue in the home's database.
import { ChainClient } from "../chain/client.ts";
import type { Address } from "../core/address.ts";
import type { ChainMetrics } from "../core/chain.ts";
import type { Clock } from "../core/clock.ts";
import type { GasBook } from "../core/earnings.ts";
import type { EthereumAccount } from "../core/ethereum.ts";
import type { Log } from "../core/log.ts";
import type { Transactions } from "../core/transactions.ts";
import type { Fetch } from "../lib/fetch.ts";
import type { ChainUse } from "../networks/ports.ts";

export interface ChainClientsPorts {
  /** Of one account on one chain. */
  readonly transactions: (chainId: number, account: Address) => Transactions;
  readonly earnings: GasBook;
  readonly fetch: Fetch;
  readonly metrics: (network: string, chainId: number) => ChainMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

export class ChainClients {
  readonly #ports: ChainClientsPorts;
  readonly #clients = new Map<string, ChainClient>();
  /** What looks after each client, once `run` was called. */
  #running: Promise<void>[] = [];
  #signal: AbortSignal | undefined;

  constructor(ports: ChainClientsPorts) {
    this.#ports = ports;
  }

  /** The same one for the same use. */
  of(network: string, account: EthereumAccount, use: ChainUse): ChainClient {
    const { chainId, rpcUrls } = use;
    const name = JSON.stringify([network, chainId, account.address, rpcUrls]);
    const known = this.#clients.get(name);
    if (known) return known;
    const { metrics, fetch, ...ports } = this.#ports;
    const transactions = this.#ports.transactions(chainId, account.address);
    const client = new ChainClient(
      { ...use, network },
      { ...ports, account, transactions, metrics: metrics(network, chainId), fetch: use.fetch ?? fetch },
    );
    this.#clients.set(name, client);
    if (this.#signal) this.#running.push(client.run(this.#signal));
    return client;
  }

  /**
   * Looks after what is on its way, of earlier runs too, and of chains that are first used later, until the signal aborts.
   * Clients end with it; a node that takes its home back runs this again, and gets others.
   */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    for (const client of this.#clients.values()) this.#running.push(client.run(signal));
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    this.#signal = undefined;
    this.#clients.clear();
    const ending = this.#running;
    this.#running = [];
    await Promise.all(ending);
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }
}
