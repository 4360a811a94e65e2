// A node's life: claim the home, listen, work, stop when told; what runs gets a deadline to end. Or hand over to another.
import { type Clock, sleep } from "../core/clock.ts";
import { FxnError, messageOf } from "../core/errors.ts";
import type { Health } from "../core/network.ts";
import { retried } from "../lib/retried.ts";
import { listenControl } from "../server/control-listener.ts";
import { type Listener, listen, type NodeListener } from "../server/listen.ts";
import { claimHome } from "../store/claim.ts";
import { Background } from "./background.ts";
import type { Predecessor } from "./handover/predecessor.ts";
import type { Inherited, Serving } from "./handover/protocol.ts";
import type { Successor } from "./handover/successor.ts";
import type { NodeParts, RunningNode, StopOptions } from "./node-parts.ts";

export class LifecycleError extends FxnError<"not_ready" | "stopping" | "window_changed"> {}

/** Until a successor has read its files and opened its key, which asks scrypt. */
const PREPARE_LIMIT_MS = 60_000;
/** Until it is as ready as the node was: it asks its model servers and chains first. */
const READY_LIMIT_MS = 30_000;
/** Until it serves, once the home is its own. */
const SERVE_LIMIT_MS = READY_LIMIT_MS + 15_000;
/** How long a home may be about to become free. */
const CLAIM_LIMIT_MS = 5000;
const POLL_MS = 25;
/** A network says goodbye after its work has ended. */
const LAST_CALLS_MS = 5000;

/**
 * @param predecessor the node that this one takes over from
 * @throws StoreError, ControlError or HttpError when the home or a port is taken; nothing is left open then
 */
export async function runNode(
  home: string,
  compose: () => NodeParts,
  clock: Clock,
  predecessor?: Predecessor,
): Promise<RunningNode> {
  const former = await predecessor?.takeHome();
  // First: another node on this home must not find its database opened, or changed, under it.
  const claim = await retried(() => claimHome(home), former ? CLAIM_LIMIT_MS : 0, clock);
  let parts: NodeParts | undefined;
  try {
    parts = compose();
    if (former && former.keepMs !== parts.keepMs) throw windowChanged();
    const node = new Node(home, parts, claim);
    await node.start(predecessor, former);
    return node;
  } catch (error) {
    parts?.close();
    claim.release();
    throw error;
  }
}

class Node implements RunningNode {
  publicPort = 0;
  adminPort = 0;
  readonly handedOver: Promise<number>;
  readonly ended: Promise<number>;
  readonly #home: string;
  readonly #parts: NodeParts;
  readonly #handedOver = Promise.withResolvers<number>();
  readonly #ended = Promise.withResolvers<number>();
  #claim: { release(): void };
  #controls: { stop(): Promise<void> }[] = [];
  #admin: Listener | undefined;
  #open: NodeListener | undefined;
  readonly #background: Background;
  readonly #networks: Background;
  readonly #upkeep: Background;
  #stopping = false;
  /** Rejects when this node is told to stop. */
  readonly #stop = Promise.withResolvers<never>();
  /** Resolves when no new process is on its way: it serves, or has ended. */
  #handingOver: Promise<unknown> = Promise.resolve();
  #killed: Promise<void> | undefined;

  constructor(home: string, parts: NodeParts, claim: { release(): void }) {
    this.#home = home;
    this.#parts = parts;
    this.#claim = claim;
    this.#background = new Background(parts.background, parts);
    this.#networks = new Background(parts.networks, parts);
    this.#upkeep = new Background(parts.upkeep, parts);
    this.handedOver = this.#handedOver.promise;
    this.ended = this.#ended.promise;
    // Whoever hands over hears of it; perhaps nobody does.
    this.#stop.promise.catch(() => {});
  }

  /** Throws ControlError, HttpError or LifecycleError; nothing listens then. */
  async start(predecessor: Predecessor | undefined, former: Inherited | undefined): Promise<void> {
    const { version, listeners } = this.#parts;
    try {
      this.#controls.push(listenControl(this.#home, this.#parts.controlApp));
      this.adminPort = former?.adminPort ?? 0;
      this.#admin = await this.#listenAdmin(former ? CLAIM_LIMIT_MS : 0);
      if (former) {
        this.#begin();
        // Before it takes callers from a node that serves them well.
        if (former.ready) await this.#untilReady();
      }
      this.#open = await this.#parts.listen(former);
      if (!former) this.#begin();
    } catch (error) {
      await Promise.all([...this.#controls, this.#admin, ...this.#work()].map((part) => part?.stop()));
      throw error;
    }
    const ports = { publicPort: this.#open.port, adminPort: this.#admin.port };
    Object.assign(this, ports);
    this.#parts.onListening(ports);
    predecessor?.serving({ version, listeners });
    void predecessor?.gone.then(() => this.#open?.alone());
  }

  get deadlineMs(): number {
    return this.#parts.deadlineMs;
  }

  readiness(): Health {
    return this.#parts.readiness();
  }

  reload(): Promise<unknown> {
    return this.#parts.reload();
  }

  kill(): Promise<void> {
    this.#killed ??= this.#kill();
    return this.#killed;
  }

  async #kill(): Promise<void> {
    await Promise.all([...this.#controls, this.#admin, this.#open, ...this.#work()].map((part) => part?.stop()));
    this.#parts.close();
    this.#claim.release();
  }

  async stop({ deadlineMs = this.#parts.deadlineMs, lastWordsMs = 0 }: StopOptions = {}): Promise<number> {
    const { clock, log } = this.#parts;
    this.#stopping = true;
    this.#stop.reject(stopping());
    this.#parts.startDraining();
    log.info({ deadlineMs }, "stopping: no new work, running answers may end");
    const networks = this.#endNetworks(deadlineMs);
    const [cut = 0] = await Promise.all([this.#open?.drain(deadlineMs), networks, this.#handingOver]);
    if (cut > 0) log.warn({ cut }, "deadline reached: answers were cut off");
    this.#ended.resolve(cut);
    if (lastWordsMs > 0) await sleep(clock, lastWordsMs);
    await this.kill();
    return cut;
  }

  /** What they have begun ends while everything else goes on. */
  #endNetworks(deadlineMs = this.#parts.deadlineMs): Promise<void> {
    return this.#networks.stop(deadlineMs + LAST_CALLS_MS);
  }

  #work(): Background[] {
    return [this.#background, this.#networks, this.#upkeep];
  }

  handOver(successor: Successor): Promise<Serving> {
    const over = this.#handOver(successor);
    this.#handingOver = over.catch(() => {});
    return over;
  }

  /** Who stops the node means the new process too: it is ended before it serves, and would else go on by itself. */
  async #handOver(successor: Successor): Promise<Serving> {
    const { log, readiness, keepMs } = this.#parts;
    const unlessStopping = <T>(step: Promise<T>) => Promise.race([this.#stop.promise, step]);
    let given = false;
    try {
      await unlessStopping(successor.within(PREPARE_LIMIT_MS, successor.prepared));
      const { ready } = readiness();
      given = true;
      await unlessStopping(this.#giveHome());
      successor.tell({ yours: { ready, publicPort: this.publicPort, adminPort: this.adminPort, keepMs } });
      const serving = await unlessStopping(successor.within(SERVE_LIMIT_MS, successor.serving));
      log.info(
        { pid: serving.pid, version: serving.version },
        "another process has taken over: what runs here may end",
      );
      void this.#leave(successor, serving);
      return serving;
    } catch (error) {
      successor.signal("SIGKILL");
      await successor.ended;
      if (this.#stopping) log.warn({}, "nobody has taken over: this node is stopping");
      else log.error({ error: messageOf(error) }, "nobody has taken over: this process goes on");
      if (given && !this.#stopping) {
        await this.#takeBack().catch((trouble: unknown) =>
          log.error({ error: messageOf(trouble) }, "what was given away could not be taken back: start the node again"),
        );
      }
      throw error;
    }
  }

  #refuseIfStopping(): void {
    if (this.#stopping) throw stopping();
  }

  /** The lock, the admin port and the home's upkeep. The rest goes on: callers are served here until another does. */
  async #giveHome(): Promise<void> {
    await this.#endNetworks();
    this.#refuseIfStopping();
    await Promise.all([this.#upkeep.stop(), this.#admin?.stop()]);
    this.#refuseIfStopping();
    this.#claim.release();
  }

  async #takeBack(): Promise<void> {
    this.#claim = await retried(() => claimHome(this.#home), CLAIM_LIMIT_MS, this.#parts.clock);
    if (this.#stopping) return;
    this.#upkeep.begin();
    this.#networks.begin();
    // The older one may have somebody connected who waits for how this ends.
    this.#controls.push(listenControl(this.#home, this.#parts.controlApp));
    this.#admin = await this.#listenAdmin(CLAIM_LIMIT_MS);
  }

  async #leave(successor: Successor, { listeners }: Serving): Promise<void> {
    const { restartDeadlineMs, log } = this.#parts;
    try {
      await this.#open?.makeWay(listeners, restartDeadlineMs);
      const cut = (await this.#open?.leave(listeners)) ?? 0;
      successor.tell({ left: true });
      if (cut > 0) log.warn({ cut }, "deadline reached: answers were cut off");
      await this.kill();
      this.#handedOver.resolve(cut);
    } catch (error) {
      this.#handedOver.reject(error);
    }
  }

  #listenAdmin(limitMs: number): Promise<Listener> {
    const { adminAt, adminApp, clock } = this.#parts;
    // A free one was chosen once: that one is known.
    const at = { ...adminAt, port: adminAt.port || this.adminPort };
    return retried(() => listen(at, adminApp), limitMs, clock);
  }

  #begin(): void {
    for (const part of this.#work()) part.begin();
  }

  /** Throws LifecycleError. */
  async #untilReady(): Promise<void> {
    const { clock, readiness } = this.#parts;
    for (const end = clock.monotonic() + READY_LIMIT_MS; !readiness().ready; await sleep(clock, POLL_MS)) {
      if (clock.monotonic() < end) continue;
      const reasons = readiness().reasons.join("; ");
      throw new LifecycleError("not_ready", 503, `the new process did not become ready: ${reasons}`);
    }
  }
}

function stopping(): LifecycleError {
  return new LifecycleError("stopping", 503, "this node is stopping");
}

/** Nonces are filed by their window: two processes that file them differently would each let one pass. */
function windowChanged(): LifecycleError {
  return new LifecycleError("window_changed", 409, "auth.maxClockSkew or nonceCache.ttl was changed", {
    hint: "With another window for nonces the node must be stopped before it is started again.",
  });
}
