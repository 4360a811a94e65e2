// Writes that everything after them waits for: a full disk holds jobs up, and makes none of them do a thing twice.
import { type Clock, sleep } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { shownError } from "./shown-error.ts";
import { backoffMs } from "./waits.ts";

const RETRY_MS = 1000;
/** From which on the waits are no longer: about a minute. */
const LONGEST_AFTER = 7;

export interface KeeperPorts {
  readonly network: string;
  readonly clock: Clock;
  readonly log: Log;
  random(): number;
}

export class Keeper {
  readonly #ports: KeeperPorts;
  readonly #stop: AbortSignal;
  #closed = false;

  /** @param stop from then on a write that fails is not tried again */
  constructor(ports: KeeperPorts, stop: AbortSignal) {
    this.#ports = ports;
    this.#stop = stop;
  }

  /** From here on another run may have these jobs: nothing is written any more. */
  close(): void {
    this.#closed = true;
  }

  /** Writes until it is written; false when it was stopped or closed before. */
  async untilKept(write: () => void): Promise<boolean> {
    const { network, clock, log, random } = this.#ports;
    for (let failures = 0; !this.#closed; ) {
      try {
        write();
        return true;
      } catch (error) {
        if (++failures === 1)
          log.error({ network, error: shownError(error) }, "a job waits: the disk does not take it");
      }
      if (this.#stop.aborted) break;
      await sleep(clock, backoffMs(RETRY_MS, Math.min(failures, LONGEST_AFTER), random), this.#stop);
    }
    return false;
  }

  /** Once; nothing depends on it. */
  quietly(what: string, write: () => void): void {
    const { network, log } = this.#ports;
    try {
      write();
    } catch (error) {
      log.debug({ network, error: shownError(error) }, what);
    }
  }
}
