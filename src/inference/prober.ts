// Asks each model server at intervals whether it works, and one that is left out as soon as it may be tried again.

import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { aborted } from "../lib/abort.ts";
import type { Upstream } from "./upstream.ts";

/** Milliseconds. */
export interface ProbeOptions {
  /** 0 turns probing off. */
  readonly interval: number;
  readonly timeout: number;
}

/** Resolves when the signal aborts; no probe is under way then. */
export async function probe(
  upstreams: readonly Upstream[],
  options: ProbeOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const loops = options.interval > 0 ? upstreams.map((upstream) => watch(upstream, options, clock, signal)) : [];
  await Promise.all([aborted(signal), ...loops]);
}

async function watch(upstream: Upstream, options: ProbeOptions, clock: Clock, signal: AbortSignal): Promise<void> {
  const { breaker } = upstream;
  let wake = () => {};
  const stop = () => wake();
  signal.addEventListener("abort", stop, { once: true });
  // An ejection shortens the wait that is under way.
  const hearNoMore = upstream.onChange(() => {
    if (breaker.state === "open") wake();
  });
  let due = 0;
  while (!signal.aborted) {
    const ejected = breaker.ejectedForMs();
    const wait = breaker.state === "open" ? ejected : due - clock.monotonic();
    if (wait > 0) {
      await new Promise<void>((resolve) => {
        const cancel = clock.after(wait, resolve);
        wake = () => {
          cancel();
          resolve();
        };
      });
      continue;
    }
    due = clock.monotonic() + options.interval;
    // A request is the trial already: its outcome says as much as a probe's.
    if (breaker.available()) await probeOnce(upstream, options.timeout, clock, signal);
  }
  hearNoMore();
}

/** Its breaker hears what comes of it. */
export async function probeOnce(upstream: Upstream, timeout: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const wasOut = upstream.breaker.state === "open";
  const ticket = upstream.breaker.admit();
  const abort = new AbortController();
  const stop = () => abort.abort();
  const cancelTimer = clock.after(timeout, stop);
  signal.addEventListener("abort", stop, { once: true });
  try {
    await upstream.backend.probe(abort.signal);
    // A server that passes its probe and fails requests must not forget by the probe that it failed.
    if (wasOut) ticket.answered();
    else ticket.completed();
  } catch (error) {
    if (signal.aborted) ticket.dropped();
    else if (abort.signal.aborted) ticket.failed(`no answer to the probe within ${timeout} ms`);
    else ticket.failed(messageOf(error));
  } finally {
    cancelTimer();
    signal.removeEventListener("abort", stop);
  }
}
