// A chain client for OARN's tests: on a real chain, with accounts that it has unlocked; a deed's key makes one transaction.
import { type Abi, type Client, createClient, decodeErrorResult, http, publicActions, walletActions } from "viem";
import type { Chain, ChainView, Intent, Receipt } from "../../src/chain/chain.ts";
import { TransactionError } from "../../src/chain/errors.ts";
import { type Address, type Hex, parseAddress } from "../../src/core/address.ts";

export class OarnTestChain implements Chain {
  readonly chainId: number;
  readonly account: Address;
  readonly #client;
  /** As on a disk: what a run before has sent. */
  readonly #sent: Map<string, Hex>;
  /** Deeds that were asked for, by key. */
  readonly asked: string[] = [];
  /** Of the latest receipt: a node may be told of a block before its number counts. */
  #seen = 0n;
  /** Throws in the place of a read, for a while. */
  broken: Error | undefined;

  constructor(chainId: number, url: string, account: Address, sent = new Map<string, Hex>()) {
    this.chainId = chainId;
    this.account = account;
    this.#sent = sent;
    this.#client = createClient({ transport: http(url, { retryCount: 0 }), pollingInterval: 20, cacheTime: 0 })
      .extend(publicActions)
      .extend(walletActions);
  }

  async read<T>(work: (view: ChainView) => Promise<T>): Promise<T> {
    if (this.broken) throw this.broken;
    let block = await this.#client.getBlockNumber();
    for (; block < this.#seen; block = await this.#client.getBlockNumber()) await Bun.sleep(5);
    const client: Client = this.#client;
    return work({ client, chainId: this.chainId, block });
  }

  async estimate(intent: Intent): Promise<{ gas: bigint; cost: bigint }> {
    await this.#simulate(intent);
    const { to, data, spareGas = 0n } = intent;
    const gas = await this.#client.estimateGas({ account: this.account, to, data });
    const price = await this.#client.getGasPrice();
    const balance = await this.#client.getBalance({ address: this.account });
    if (balance < (gas + spareGas) * price) throw new TransactionError("funds_missing", "there is not enough ETH");
    return { gas, cost: gas * price };
  }

  async send(intent: Intent): Promise<Receipt> {
    this.asked.push(intent.key);
    const hash = this.#sent.get(intent.key) ?? (await this.#make(intent));
    this.#sent.set(intent.key, hash);
    const { status, blockNumber, logs, gasUsed, effectiveGasPrice } = await this.#client.waitForTransactionReceipt({
      hash,
    });
    this.#seen = blockNumber;
    if (status !== "success") throw new TransactionError("transaction_failed", "it was mined, and failed");
    const shown = logs.map(({ address, topics, data }) => ({ address: lower(address), topics: [...topics], data }));
    return { transaction: hash, block: blockNumber, logs: shown, cost: gasUsed * effectiveGasPrice };
  }

  async #make(intent: Intent): Promise<Hex> {
    const { gas } = await this.estimate(intent);
    const { to, data, value = 0n, spareGas = 0n } = intent;
    return this.#client.sendTransaction({ account: this.account, to, data, value, gas: gas + spareGas, chain: null });
  }

  async #simulate(intent: Intent): Promise<void> {
    const { to, data } = intent;
    try {
      await this.#client.call({ account: this.account, to, data });
    } catch (error) {
      const reason = reasonOf(error, intent);
      throw new TransactionError("transaction_refused", `the contract refuses: ${reason}`, { reason });
    }
  }
}

function reasonOf(error: unknown, intent: Intent & { readonly abi?: Abi }): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (!("data" in at) || typeof at.data !== "string" || !at.data.startsWith("0x")) continue;
    const { errorName, args = [] } = decodeErrorResult({ abi: intent.abi ?? [], data: `0x${at.data.slice(2)}` });
    return errorName === "Error" ? String(args[0]) : `${errorName}(${args.join(", ")})`;
  }
  throw error;
}

function lower(text: string): Address {
  const address = parseAddress(text);
  if (!address) throw new Error(`not an address: ${text}`);
  return address;
}
