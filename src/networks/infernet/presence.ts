// Being there: registers the node, tells the network at once what it can do, and goes on telling it.
import { type Clock, sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { clean } from "../../lib/clean.ts";
import type { NetworkMetrics } from "../../observe/metrics/network.ts";
import { Backoff, jittered } from "./backoff.ts";
import type { ControlPlane } from "./control-plane.ts";
import { ControlPlaneError } from "./errors.ts";
import { registerRow } from "./register-row.ts";
import { heartbeat } from "./routes.ts";
import { type InfernetSettings, nodeIdOf, published } from "./settings.ts";
import type { Specs } from "./specs.ts";

export interface PresencePorts {
  readonly plane: ControlPlane;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: NetworkMetrics;
  random(): number;
  /** As they are now. */
  specs(): Specs;
  /** Called when the network counts on this node again, or for the first time. */
  told(): void;
}

export class Presence {
  readonly #ports: PresencePorts;
  readonly #settings: InfernetSettings;
  readonly #everyMs: number;
  #nodeId: string;
  #wake = new AbortController();
  #registered = false;
  #lastOk: number | undefined;
  #problem: string | undefined = "not registered yet";

  constructor(ports: PresencePorts, settings: InfernetSettings) {
    this.#ports = ports;
    this.#settings = settings;
    this.#everyMs = settings.intervals.heartbeatMs;
    this.#nodeId = nodeIdOf(settings, ports.plane.pubkey);
  }

  /** Under which the control plane knows this key; it stays what it is once it is registered. */
  get nodeId(): string {
    return this.#nodeId;
  }

  /** Wall clock, milliseconds. */
  get lastOk(): number | undefined {
    return this.#lastOk;
  }

  /** Why the network does not count on this node. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Tells the network now, because something has changed. */
  wake(): void {
    this.#wake.abort();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#ports;
    const everyMs = this.#everyMs;
    const failing = new Backoff(everyMs / 8, everyMs * 2, random);
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const waitMs = await this.#beat(signal, failing);
      await sleep(clock, waitMs, AbortSignal.any([signal, this.#wake.signal]));
    }
  }

  /** The last word, when the node ends. */
  async leave(timeoutMs: number): Promise<void> {
    if (!this.#registered) return;
    try {
      await heartbeat(this.#ports.plane, { status: "offline" }, undefined, timeoutMs);
      this.#ports.metrics.call("heartbeat", "ok");
    } catch (error) {
      this.#ports.log.warn(
        { network: "infernet", error: messageOf(error) },
        "the network was not told that the node ends",
      );
    }
  }

  /** Gives how long to wait for the next. */
  async #beat(signal: AbortSignal, failing: Backoff): Promise<number> {
    const { clock, metrics, log, random } = this.#ports;
    const everyMs = this.#everyMs;
    try {
      if (!this.#registered) await this.#register(signal);
      await this.#tell(signal);
      if (failing.failures > 0) log.info({ network: "infernet" }, "the control plane counts on this node again");
      const again = failing.failures > 0 || this.#lastOk === undefined;
      failing.reset();
      this.#lastOk = clock.now();
      this.#problem = undefined;
      metrics.call("heartbeat", "ok");
      if (again) this.#ports.told();
      return jittered(everyMs, random);
    } catch (error) {
      if (signal.aborted) return 0;
      metrics.call("heartbeat", "failed");
      this.#problem = messageOf(error);
      const refused = error instanceof ControlPlaneError && error.refused;
      if (refused && error.answered === 404 && this.#registered) {
        log.warn({ network: "infernet" }, "the control plane does not know this node any more; it is registered again");
        this.#registered = false;
        // Whoever forgets it again and again is asked less and less often.
        const waitMs = failing.next();
        return failing.failures === 1 ? 0 : waitMs;
      }
      if (failing.failures === 0) log.warn({ network: "infernet", error: this.#problem }, "the network was not told");
      const waitMs = failing.next();
      return refused ? everyMs * 2 : waitMs;
    }
  }

  #tell(signal: AbortSignal): Promise<{ id: string }> {
    const { plane, specs } = this.#ports;
    const now = specs();
    const status = now.served_models.length > 0 ? "available" : "offline";
    return heartbeat(plane, { status, ...published(this.#settings), specs: now }, signal);
  }

  async #register(signal: AbortSignal): Promise<void> {
    const { plane, specs, log, metrics } = this.#ports;
    const { gpus, gpu_count, served_models } = specs();
    const standard = nodeIdOf(this.#settings, plane.pubkey);
    const told = { gpus, gpu_count, offline: served_models.length === 0 };
    this.#nodeId = await registerRow(plane, this.#settings, told, signal);
    metrics.call("register", "ok");
    this.#registered = true;
    log.info({ network: "infernet", nodeId: clean(this.#nodeId) }, "the node is registered");
    if (this.#nodeId !== standard)
      log.warn({ network: "infernet" }, "this key was registered under another node id, which is kept");
  }
}
