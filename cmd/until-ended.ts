// How fxn start ends: by signals, or because another process has taken over.
import { sleep, systemClock } from "../src/core/clock.ts";
import { messageOf } from "../src/core/errors.ts";
import type { Drain } from "../src/node/drain.ts";
import type { Predecessor } from "../src/node/handover/predecessor.ts";
import type { Restart } from "../src/node/handover/restart.ts";
import type { RunningNode, StopOptions } from "../src/node/node-parts.ts";
import type { Logger } from "../src/observe/logger.ts";
import { EXIT, EXIT_OF_SIGNAL } from "./base.ts";

type Signal = "SIGINT" | "SIGTERM";

export interface Signals {
  /** Those that came before are told at once. */
  each(take: (signal: Signal) => void): void;
}

/** From now on signals end nothing by themselves: one that comes while the node starts must not be lost, nor kill it. */
export function listenToSignals(): Signals {
  const came: Signal[] = [];
  let take = (signal: Signal): void => void came.push(signal);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => take(signal));
  return {
    each(told) {
      take = told;
      for (const signal of came.splice(0)) told(signal);
    },
  };
}

export interface Running {
  readonly node: RunningNode;
  readonly restart: Restart;
  readonly drain: Drain;
  readonly signals: Signals;
  /** The node that this one took over from. */
  readonly predecessor: Predecessor | undefined;
  /** Whether a service manager hears of a process that takes over: nobody needs to wait for this one then. */
  readonly supervised: boolean;
  readonly log: Logger;
}

/**
 * Resolves with the exit code: 0 when it stopped as it should (79 for a service that was drained), as a shell names the signal after a second one. After a
 * restart it is that of the process which took over: a terminal or a container waits for this one.
 */
export function untilEnded({ node, restart, drain, signals, predecessor, supervised, log }: Running): Promise<number> {
  return new Promise((resolve) => {
    let signalled = false;
    let stopping = false;
    const stop = (options: StopOptions, good: number) => {
      if (stopping) return;
      stopping = true;
      void stopped(node, options, good, log).then(async (code) => {
        restart.successor?.tell({ left: true });
        // A service manager ends with this process all others, and one may still be finishing its streams.
        if (predecessor) await Promise.race([predecessor.gone, sleep(systemClock, node.deadlineMs)]);
        resolve((await restart.successor?.ended) ?? code);
      });
    };
    signals.each((signal) => {
      restart.successor?.signal(signal);
      if (signalled) {
        log.warn({ signal }, "second signal: ending now");
        resolve(EXIT_OF_SIGNAL[signal]);
        return;
      }
      signalled = true;
      stop({}, EXIT.ok);
    });
    // A service manager that starts again whatever has ended is told by the code that this is the end.
    void drain.asked.then((options) => {
      // Asked of this process just as another had taken over: the node is meant, wherever it runs now.
      restart.successor?.signal("SIGTERM");
      stop(options, supervised ? EXIT.drained : EXIT.ok);
    });
    const handedOver = async () => {
      if (stopping) return;
      const { successor } = restart;
      // Who closes the terminal means the node, wherever it runs now.
      process.once("SIGHUP", () => successor?.signal("SIGTERM"));
      resolve(supervised ? EXIT.ok : ((await successor?.ended) ?? EXIT.ok));
    };
    node.handedOver.then(handedOver, (error: unknown) => {
      log.error({ error: messageOf(error) }, "leaving the port to another process failed");
      void handedOver();
    });
  });
}

/** @param good the code of one that ended as it should */
function stopped(node: RunningNode, options: StopOptions, good: number, log: Logger): Promise<number> {
  return node.stop(options).then(
    (cut) => {
      log.info({ cut }, "stopped");
      return good;
    },
    (error: unknown) => {
      log.error({ error: messageOf(error) }, "stopping failed");
      return EXIT.failed;
    },
  );
}
