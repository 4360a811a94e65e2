// One RPC URL: nothing that it says is believed until its chain id is checked, and again after each error.
import { type Client, createClient, custom, http } from "viem";
import { getBlockNumber } from "viem/actions";
import type { RpcMetrics, RpcOutcome } from "../core/chain.ts";
import { type Clock, sleep } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { type Fetch, standardFetch } from "../lib/fetch.ts";
import type { ChainView } from "./chain.ts";
import { isTooSoon, RpcError, rpcError } from "./rpc-errors.ts";

export interface RpcPorts {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: RpcMetrics;
}

export interface EndpointOptions extends RpcPorts {
  readonly url: string;
  /** Its name in metrics. */
  readonly index: number;
  /** Throws when this chain is not the one that all RPCs are expected on. */
  readonly agree: (host: string, chainId: number) => void;
  /** Ends whatever is under way. */
  readonly closed: AbortSignal;
}

interface RpcCall {
  readonly method: string;
  readonly params?: unknown;
}

/** A few seconds: an RPC that hangs must leave time to ask the next one. */
const TIMEOUT_MS = 4000;
/** Waits after "too many requests". */
const PATIENCE_MS = [250, 500, 1000];
/** Thousands of registry entries with the longest metadata are below this. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Weight of the latest request in an endpoint's cost. */
const NEW_SAMPLE = 0.3;

export class RpcEndpoint {
  /** Milliseconds that a request takes, smoothed; a failed one counts as a whole timeout. */
  cost = 0;
  /** The latest block that it named; undefined: none, or one that is not believed. */
  block: bigint | undefined;
  /** Up to there it has shown that the chain can be so far, where others are behind. */
  shown = 0n;
  readonly #options: EndpointOptions;
  readonly #url: URL;
  readonly #client: Client;
  readonly #send: (call: RpcCall) => Promise<unknown>;
  #chainId: Promise<number> | undefined;
  #failing = false;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
    const transport = http(options.url, {
      fetchFn: standardFetch(options.fetch, { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES }),
      fetchOptions: { signal: options.closed },
      maxResponseBodySize: MAX_BYTES,
      retryCount: 0,
      // The fetch has the deadline: viem's would not cover the body.
      timeout: 0,
    })({});
    this.#send = (call) => transport.request(call);
    const request = (call: RpcCall) => this.#request(call);
    // With no actions of its own: all that a public client has would be loaded at each start of fxn.
    this.#client = createClient({ cacheTime: 0, transport: custom({ request }, { retryCount: 0 }) });
  }

  /** Asks for the latest block, once the chain is checked. */
  async view(): Promise<ChainView> {
    const block = await getBlockNumber(this.#client);
    const view = { client: this.#client, block, chainId: await this.#trustedChain() };
    this.block = block;
    return view;
  }

  /** What it said cannot be: others are asked before it, until it has answered well for a while. */
  distrust(why: string): RpcError {
    const error = new RpcError("rpc_failed", 503, `RPC ${this.#url.host}: ${why}`);
    this.#failed(error);
    this.block = undefined;
    return error;
  }

  /** Any error of work on this endpoint's view, safe to show. */
  explain(error: unknown): RpcError {
    return rpcError(error, this.#url);
  }

  async #request(call: RpcCall): Promise<unknown> {
    try {
      await this.#trustedChain();
      const result = await this.#timed(call);
      this.#succeeded();
      return result;
    } catch (cause) {
      const error = rpcError(cause, this.#url, call.method);
      // A contract that reverts is an answer of the chain, not a failure of the RPC; so is a refusal.
      if (error.code === "rpc_reverted" || error.code === "rpc_refused") this.#succeeded();
      else this.#failed(error);
      throw error;
    }
  }

  #trustedChain(): Promise<number> {
    this.#chainId ??= this.#checkChain();
    return this.#chainId;
  }

  async #checkChain(): Promise<number> {
    const answer = await this.#send({ method: "eth_chainId" });
    const chainId = typeof answer === "string" ? Number(answer) : Number.NaN;
    if (!Number.isSafeInteger(chainId) || chainId <= 0)
      throw new RpcError("rpc_failed", 503, `RPC ${this.#url.host}: eth_chainId gave no chain id`);
    this.#options.agree(this.#url.host, chainId);
    return chainId;
  }

  async #timed(call: RpcCall): Promise<unknown> {
    const { clock } = this.#options;
    const from = clock.monotonic();
    const result = await this.#patiently(call);
    this.#sample(clock.monotonic() - from);
    return result;
  }

  /** One look at a contract's state is many questions: one that comes too soon must not make all of them in vain. */
  async #patiently(call: RpcCall): Promise<unknown> {
    const { clock, closed } = this.#options;
    for (const ms of PATIENCE_MS) {
      try {
        return await this.#send(call);
      } catch (error) {
        if (!isTooSoon(error) || closed.aborted) throw error;
        await sleep(clock, ms, closed);
      }
    }
    return this.#send(call);
  }

  #sample(ms: number): void {
    this.cost += NEW_SAMPLE * (ms - this.cost);
  }

  #succeeded(): void {
    const { metrics, log, index } = this.#options;
    metrics.rpc(index, "ok");
    if (this.#failing) log.info({ rpc: this.#url.host }, "RPC answers again");
    this.#failing = false;
  }

  #failed(error: RpcError): void {
    const { metrics, log, index, closed } = this.#options;
    this.#chainId = undefined;
    if (closed.aborted) return;
    this.#sample(TIMEOUT_MS);
    metrics.rpc(index, OUTCOME[error.code]);
    if (!this.#failing) log.warn({ rpc: this.#url.host, error: error.message }, "RPC failed");
    this.#failing = true;
  }
}

const OUTCOME: Readonly<Record<RpcError["code"], RpcOutcome>> = {
  rpc_failed: "error",
  rpc_refused: "ok",
  rpc_reverted: "ok",
  rpc_timeout: "timeout",
  rpc_wrong_chain: "wrong_chain",
};
