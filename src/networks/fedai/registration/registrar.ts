// Keeps this node registered with one router: the same call again and again, soon after its load has changed, slower while it fails.
import { sleep } from "../../../core/clock.ts";
import { seal } from "../envelope.ts";
import { type FedaiNode, modelsOf } from "../fedai-node.ts";
import { jsonOf } from "../json.ts";
import { capabilityOf } from "../offered.ts";
import type { NodeDescriptor } from "../payloads.ts";
import { printable } from "../tokens.ts";

export interface Registration {
  /** Wall clock; undefined: never. */
  readonly registeredAt: number | undefined;
  /** Why the last call failed. */
  readonly trouble: string | undefined;
}

/** Routers limit how often a node may call. */
const LEAST_GAP_MS = 1000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;
/** A router counts a node as gone after this. */
export const ROUTER_PATIENCE_MS = 30_000;
const FAREWELL_MS = 2000;
const MOST_BYTES = 64 * 1024;

export class Registrar {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly #node: FedaiNode;
  readonly #announced: string;
  #registeredAt: number | undefined;
  #trouble: string | undefined;
  #failures = 0;
  #wake: (() => void) | undefined;
  #changed = false;
  readonly #replaced = new AbortController();

  /** @param announced the node's base URL, without a slash at its end */
  constructor(node: FedaiNode, endpoint: string, announced: string) {
    this.#node = node;
    this.endpoint = endpoint;
    this.#announced = announced;
  }

  state(): Registration {
    return { registeredAt: this.#registeredAt, trouble: this.#trouble };
  }

  isActive(): boolean {
    return this.#registeredAt !== undefined && this.#node.ports.clock.now() - this.#registeredAt <= ROUTER_PATIENCE_MS;
  }

  /** The load has changed: the router hears of it soon. */
  poke(): void {
    this.#changed = true;
    this.#wake?.();
  }

  /** Another one speaks for this node to that router: from now on this one is silent. */
  giveWay(): void {
    this.#replaced.abort();
  }

  async run(ending: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([ending, this.#replaced.signal]);
    while (!signal.aborted) {
      this.#changed = false;
      const trouble = await this.#register(signal);
      if (signal.aborted) return;
      this.#note(trouble);
      await this.#rest(signal);
    }
  }

  /** The node stops: the router hears of it now, and asks others. Ends soon, whatever the router does. */
  async farewell(signal: AbortSignal): Promise<void> {
    if (!this.isActive() || this.#replaced.signal.aborted) return;
    const { clock } = this.#node.ports;
    const over = new AbortController();
    const cancel = clock.after(FAREWELL_MS, () => over.abort());
    await this.#register(AbortSignal.any([signal, over.signal]));
    cancel();
  }

  /** What routers are told. */
  descriptor(): NodeDescriptor {
    const { settings, ports, nodeId, load } = this.#node;
    return {
      nodeId,
      keyId: ports.identity.npub,
      endpoint: this.#announced,
      capacity: load.capacity(),
      // Routers choose by the model alone: one that offers none is not asked.
      capabilities: load.closed ? [] : modelsOf(this.#node).map((model) => capabilityOf(settings, model)),
    };
  }

  /** Why it failed; undefined: it did not. */
  async #register(signal: AbortSignal): Promise<string | undefined> {
    const { ports, settings } = this.#node;
    try {
      const reply = await ports.fetch(`${this.endpoint}/register-node`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(seal(ports.identity, ports.clock, this.descriptor())),
        timeoutMs: settings.heartbeat.timeout,
        maxBytes: MOST_BYTES,
        signal,
      });
      if (reply.status >= 200 && reply.status <= 299) return undefined;
      return `${reply.status}${wordOf(jsonOf(reply.body))}`;
    } catch (error) {
      return error instanceof Error ? printable(error.message) : "no answer";
    }
  }

  #note(trouble: string | undefined): void {
    const { ports } = this.#node;
    const router = new URL(this.endpoint).host;
    ports.metrics.call("register", trouble === undefined ? "ok" : "failed");
    if (trouble === undefined) {
      if (this.#failures > 0 || this.#registeredAt === undefined)
        ports.log.info({ router }, "registered with the router");
      this.#failures = 0;
      this.#registeredAt = ports.clock.now();
    } else {
      this.#failures += 1;
      if (trouble !== this.#trouble) ports.log.warn({ router, trouble }, "the router does not register this node");
    }
    this.#trouble = trouble;
  }

  async #rest(signal: AbortSignal): Promise<void> {
    const { clock, random } = { clock: this.#node.ports.clock, random: this.#node.ports.random() };
    if (this.#failures > 0) {
      const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
      return sleep(clock, longest * (0.5 + random / 2), signal);
    }
    await sleep(clock, LEAST_GAP_MS, signal);
    if (this.#changed) return;
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const rest = this.#node.settings.heartbeat.interval * (1 - random / 10) - LEAST_GAP_MS;
    await sleep(clock, Math.max(0, rest), AbortSignal.any([signal, woken.signal]));
    this.#wake = undefined;
  }
}

/** The router's own word for it, fit for a log. */
function wordOf(body: unknown): string {
  const word = typeof body === "object" && body !== null && "error" in body ? body.error : undefined;
  return typeof word === "string" ? ` ${printable(word, 60)}` : "";
}
