// A node whose life systemd is told of: ready, how it is, stopping, and signs of life while its event loop turns.
import type { Clock } from "../core/clock.ts";
import { formatDuration } from "../core/duration.ts";
import type { Health } from "../core/network.ts";
import type { Notify } from "../lib/sd-notify.ts";
import type { RunningNode } from "./node-parts.ts";

export interface ToldSystemd {
  /** undefined: it was not started by systemd, and nobody is told. */
  readonly notify: Notify | undefined;
  /** Between two signs of life; undefined: nobody waits for them. */
  readonly watchdogMs: number | undefined;
  readonly clock: Clock;
}

const STATUS_MS = 5000;
/** Beyond the deadline, for what is closed after it. */
const CLOSING_MS = 10_000;

export function toldSystemd(node: RunningNode, { notify, watchdogMs, clock }: ToldSystemd): RunningNode {
  if (!notify) return node;
  let cancelStatus = () => {};
  let cancelWatchdog = () => {};
  let told = statusText(node.readiness());
  notify({ READY: 1, MAINPID: process.pid, STATUS: told });

  const watchStatus = () => {
    cancelStatus = clock.after(STATUS_MS, () => {
      const now = statusText(node.readiness());
      if (now !== told && notify({ STATUS: now })) told = now;
      watchStatus();
    });
  };
  const ping = (everyMs: number) => {
    notify({ WATCHDOG: 1 });
    cancelWatchdog = clock.after(everyMs, () => ping(everyMs));
  };
  watchStatus();
  if (watchdogMs !== undefined) ping(watchdogMs);

  const fallSilent = () => {
    cancelStatus();
    cancelWatchdog();
  };

  return {
    publicPort: node.publicPort,
    adminPort: node.adminPort,
    get deadlineMs() {
      return node.deadlineMs;
    },
    readiness: () => node.readiness(),
    reload: () => node.reload(),
    kill: () => node.kill(),
    handedOver: node.handedOver,
    ended: node.ended,
    async handOver(successor) {
      const serving = await node.handOver(successor);
      // From now on that one is the service.
      fallSilent();
      return serving;
    },
    async stop(options = {}) {
      cancelStatus();
      // The deadline may have been changed since the unit was written, or be another this time.
      const { deadlineMs: ofThisStop = node.deadlineMs } = options;
      const within = ofThisStop + CLOSING_MS;
      notify({
        STOPPING: 1,
        EXTEND_TIMEOUT_USEC: within * 1000,
        STATUS: `stopping: running answers may go on for ${formatDuration(ofThisStop)}`,
      });
      return node.stop(options).finally(fallSilent);
    },
  };
}

/** For the one line that `systemctl status` has. */
function statusText({ ready, reasons }: Health): string {
  return ready ? "ready: requests are served" : `not ready: ${reasons.join("; ")}`;
}
