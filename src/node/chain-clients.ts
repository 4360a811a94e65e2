// The chains of a home: one client for each use, all of one account's transactions in one queue in the home's database.
import { ChainClient } from "../chain/client.ts";
import type { Address } from "../core/address.ts";
import type { ChainMetrics } from "../core/chain.ts";
import type { Clock } from "../core/clock.ts";
import type { GasBook } from "../core/earnings.ts";
import type { EthereumAccount } from "../core/ethereum.ts";
import type { Log } from "../core/log.ts";
import type { Transactions } from "../core/transactions.ts";
import { aborted } from "../lib/abort.ts";
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

interface Used {
  readonly client: ChainClient;
  readonly network: string;
  readonly generation: number;
  readonly ending: AbortController;
}

export class ChainClients {
  readonly #ports: ChainClientsPorts;
  readonly #clients = new Map<string, Used>();
  /** What looks after each client, once `run` was called. */
  #running: Promise<void>[] = [];
  #signal: AbortSignal | undefined;

  constructor(ports: ChainClientsPorts) {
    this.#ports = ports;
  }

  /**
   * The same one for the same use.
   * @param generation counts the configurations of a network: another may have other limits, or another way out
   */
  of(network: string, account: EthereumAccount, use: ChainUse, generation = 0): ChainClient {
    const { chainId, rpcUrls } = use;
    const name = JSON.stringify([network, generation, chainId, account.address, rpcUrls]);
    const known = this.#clients.get(name);
    if (known) return known.client;
    const { metrics, fetch, ...ports } = this.#ports;
    const transactions = this.#ports.transactions(chainId, account.address);
    const client = new ChainClient(
      { ...use, network },
      { ...ports, account, transactions, metrics: metrics(network, chainId), fetch: use.fetch ?? fetch },
    );
    const used = { client, network, generation, ending: new AbortController() };
    this.#clients.set(name, used);
    if (this.#signal) this.#look(used, this.#signal);
    return client;
  }

  /** Of a configuration that is no more. What it has sent is looked after by the others of its account, or at the next start. */
  end(network: string, generation: number): void {
    for (const [name, used] of this.#clients) {
      if (used.network !== network || used.generation !== generation) continue;
      used.ending.abort();
      used.client.close();
      this.#clients.delete(name);
    }
  }

  #look({ client, ending }: Used, signal: AbortSignal): void {
    this.#running.push(client.run(AbortSignal.any([signal, ending.signal])));
  }

  /**
   * Looks after what is on its way, of earlier runs too, and of chains that are first used later, until the signal aborts.
   * Clients end with it; a node that takes its home back runs this again, and gets others.
   */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    for (const used of this.#clients.values()) this.#look(used, signal);
    await aborted(signal);
    this.#signal = undefined;
    this.#clients.clear();
    const ending = this.#running;
    this.#running = [];
    await Promise.all(ending);
  }

  close(): void {
    for (const { client } of this.#clients.values()) client.close();
  }
}
