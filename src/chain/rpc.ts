// The chain through several RPC URLs: the quickest that works is asked first, the next one when it fails.
import type { ChainView } from "./chain.ts";
import { APART, isBelievable } from "./heights.ts";
import { RpcEndpoint, type RpcPorts } from "./rpc-endpoint.ts";
import { RpcError } from "./rpc-errors.ts";

/** How often all RPCs are sampled, so that a slow or failed one is found to be good again. */
const RANK_EVERY_MS = 60_000;

export interface RpcOptions {
  readonly urls: readonly string[];
  /** The chain that every URL must be on; without it the first one learnt, which the others must share. */
  readonly chainId: number | undefined;
  /** What the operator should look at when all of them fail. */
  readonly hint: string;
}

export class Rpc {
  readonly #endpoints: readonly RpcEndpoint[];
  readonly #ports: RpcPorts;
  readonly #hint: string;
  readonly #closing = new AbortController();
  #expectedChain: number | undefined;
  #rankedAt: number | undefined;

  constructor({ urls, chainId, hint }: RpcOptions, ports: RpcPorts) {
    this.#ports = ports;
    this.#hint = hint;
    this.#expectedChain = chainId;
    const agree = (host: string, found: number) => this.#agree(host, found);
    const closed = this.#closing.signal;
    this.#endpoints = urls.map((url, index) => new RpcEndpoint({ ...ports, url, index, agree, closed }));
  }

  /**
   * Runs `work` on one RPC's view of the chain, pinned to its latest block; when anything of it fails, all of it again
   * on the next RPC: two RPCs need not have the same blocks, so their answers are never mixed.
   * @throws RpcError with the reason of each RPC
   */
  async read<T>(work: (view: ChainView) => Promise<T>): Promise<T> {
    this.#rank();
    const reasons: string[] = [];
    for (const endpoint of this.#inOrder()) {
      if (this.#closing.signal.aborted) break;
      try {
        return await work(await this.#viewOf(endpoint));
      } catch (error) {
        reasons.push(endpoint.explain(error).message);
      }
    }
    throw this.#failed(reasons);
  }

  /**
   * Runs `work` on every RPC at once, each with its own view.
   * @returns what those have given that could @throws RpcError with the reason of each RPC when none could
   */
  async everywhere<T>(work: (view: ChainView) => Promise<T>): Promise<readonly T[]> {
    const reasons: string[] = [];
    const answers = await Promise.all(
      this.#endpoints.map(async (endpoint) => {
        try {
          return [await work(await endpoint.view())];
        } catch (error) {
          reasons.push(endpoint.explain(error).message);
          return [];
        }
      }),
    );
    if (reasons.length === this.#endpoints.length) throw this.#failed(reasons);
    return answers.flat();
  }

  /** That all of them are on; undefined: none was said, and none learnt yet. */
  get chainId(): number | undefined {
    return this.#expectedChain;
  }

  /** Ends what is under way; nothing is asked or logged afterwards. */
  close(): void {
    this.#closing.abort();
  }

  /** Those that have stopped come last, however quick: they would never see what is done now. */
  #inOrder(): readonly RpcEndpoint[] {
    const latest = this.#endpoints.reduce((most, { block = 0n }) => (block > most ? block : most), 0n);
    const isBehind = ({ block = latest }: RpcEndpoint) => block + APART < latest;
    return this.#endpoints.toSorted((a, b) => Number(isBehind(a)) - Number(isBehind(b)) || a.cost - b.cost);
  }

  /** @throws RpcError when it says that the chain is where it cannot be */
  async #viewOf(endpoint: RpcEndpoint): Promise<ChainView> {
    const view = await endpoint.view();
    const reached = view.block - APART;
    const others = this.#endpoints.filter((one) => one !== endpoint && one.block !== undefined);
    if (others.length === 0 || endpoint.shown >= reached || others.some(({ block = 0n }) => block >= reached))
      return view;
    const asked = await Promise.allSettled(others.map((one) => one.view()));
    const views = asked.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    if (!(await isBelievable(view, views, this.#ports.clock.now())))
      throw endpoint.distrust(
        `it says that the chain is at block ${view.block}, where no other RPC is and it cannot be`,
      );
    endpoint.shown = view.block;
    return view;
  }

  #failed(reasons: readonly string[]): RpcError {
    return new RpcError("rpc_failed", 503, reasons.join("; ") || "the RPCs are closed", { hint: this.#hint });
  }

  #agree(host: string, chainId: number): void {
    this.#expectedChain ??= chainId;
    if (chainId === this.#expectedChain) return;
    throw new RpcError("rpc_wrong_chain", 503, `RPC ${host} is on chain ${chainId}, expected ${this.#expectedChain}`);
  }

  /** Samples every RPC beside the work. It rides on reads, so that no timer outlives them. */
  #rank(): void {
    const now = this.#ports.clock.monotonic();
    if (this.#endpoints.length < 2 || (this.#rankedAt !== undefined && now - this.#rankedAt < RANK_EVERY_MS)) return;
    this.#rankedAt = now;
    void Promise.allSettled(this.#endpoints.map((endpoint) => endpoint.view()));
  }
}
