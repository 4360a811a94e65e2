// kill -9 again and again, at moments that a seed chooses: by the clock, and at each point that the far side names.
import type { Subprocess } from "bun";

export interface KillRig {
  random(): number;
  /** Starts the node over the same home; the far side must be there already. */
  start(): Subprocess;
  /** Most milliseconds from a start to a kill by the clock. */
  readonly mostMs: number;
  /** For how long a point is waited for; then the node is killed wherever it is. */
  readonly patienceMs: number;
  /** What must hold after every kill, before the next start. */
  afterKill?(): void;
}

/**
 * The far side tells it each point that the node comes to ("claim asked", "claim done"), and waits for the answer: at some
 * of them the node is gone before the far side goes on. Half of the kills seek out the points at which there were fewest.
 */
export class KillCampaign {
  readonly #rig: KillRig;
  /** How often it was killed there. */
  readonly points = new Map<string, number>();
  #node: Subprocess | undefined;
  #target: { name: string | undefined; after: number; hit: () => void } | undefined;

  constructor(rig: KillRig) {
    this.#rig = rig;
  }

  /** True when the node was killed here: nobody waits for what the far side would answer. */
  async reached(point: string): Promise<boolean> {
    if (!this.points.has(point)) this.points.set(point, 0);
    const target = this.#target;
    if (!target || (target.name !== undefined && target.name !== point) || target.after-- > 0) return false;
    this.#target = undefined;
    this.points.set(point, (this.points.get(point) ?? 0) + 1);
    await this.#kill();
    target.hit();
    return true;
  }

  async run(kills: number): Promise<void> {
    for (let n = 0; n < kills; n++) {
      this.#node = this.#rig.start();
      const kind = this.#rig.random();
      if (kind < 0.25) await Bun.sleep(this.#rig.random() * this.#rig.mostMs);
      else await this.#at(kind < 0.75 ? this.#rarest() : undefined, Math.floor(this.#rig.random() * 12));
      await this.#kill();
      this.#rig.afterKill?.();
    }
  }

  /** The last life: until that holds, then it stops in good order. @returns its exit code */
  async finish(until: () => boolean, limitMs: number): Promise<number> {
    const node = this.#rig.start();
    const end = Date.now() + limitMs;
    while (!until() && Date.now() < end && node.exitCode === null) await Bun.sleep(100);
    node.kill("SIGTERM");
    return node.exited;
  }

  /** Resolves when it was killed there, or that takes too long. */
  async #at(name: string | undefined, after: number): Promise<void> {
    const hit = Promise.withResolvers<void>();
    this.#target = { name, after: name === undefined ? after : after % 3, hit: hit.resolve };
    await Promise.race([hit.promise, Bun.sleep(this.#rig.patienceMs)]);
    this.#target = undefined;
  }

  #rarest(): string | undefined {
    const fewest = Math.min(...this.points.values());
    const rare = [...this.points.keys()].filter((name) => this.points.get(name) === fewest);
    return rare[Math.floor(this.#rig.random() * rare.length)];
  }

  async #kill(): Promise<void> {
    this.#node?.kill("SIGKILL");
    await this.#node?.exited;
  }
}
