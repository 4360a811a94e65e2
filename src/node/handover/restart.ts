// `fxn restart`: the program as it lies on the disk now takes over from this process.
import type { RunningNode } from "../lifecycle.ts";
import type { Serving } from "./protocol.ts";
import { RestartError, Successor, type SuccessorPorts } from "./successor.ts";

export interface RestartPorts extends SuccessorPorts {
  readonly platform: NodeJS.Platform;
  /** Whether nonces and ledger are in a store that several nodes share. */
  readonly sharedStore: boolean;
}

export class Restart {
  readonly #ports: RestartPorts;
  #node: RunningNode | undefined;
  #underWay = false;
  #successor: Successor | undefined;

  constructor(ports: RestartPorts) {
    this.#ports = ports;
  }

  /** Another process is taking over, or has. */
  get busy(): boolean {
    return this.#underWay || this.#successor !== undefined;
  }

  /** The process that took over, once it did. */
  get successor(): Successor | undefined {
    return this.#successor;
  }

  /** From now on it can be restarted. */
  of(node: RunningNode): void {
    this.#node = node;
  }

  /** Throws RestartError, or what kept the new process from serving; then this one goes on. */
  async now(): Promise<Serving> {
    const { platform, sharedStore } = this.#ports;
    if (platform !== "linux") {
      throw new RestartError("restart_unsupported", 501, "only Linux lets a new process join the port of an old one", {
        hint: "Stop the node and start it again.",
      });
    }
    if (sharedStore) {
      throw new RestartError("restart_unsupported", 501, "a node with store.url is not restarted in its place", {
        hint: "Stop it and start it again while the other nodes of the store serve. fxn update takes --no-restart for that.",
      });
    }
    if (!this.#node || this.#underWay || this.#successor) {
      throw new RestartError("restart_under_way", 409, "this process is starting, or being replaced, already");
    }
    this.#underWay = true;
    try {
      const successor = new Successor(this.#ports);
      const serving = await this.#node.handOver(successor);
      this.#successor = successor;
      return serving;
    } finally {
      this.#underWay = false;
    }
  }
}
