// What metrics say of the node beside what its parts count: sessions, earnings, the home, newer releases.
import { statfsSync } from "node:fs";
import type { Log } from "../core/log.ts";
import { exposedKeys } from "../keys/key-store.ts";
import type { Fetch } from "../lib/fetch.ts";
import { homeMetrics } from "../observe/metrics/home.ts";
import { earningsMetrics, sessionMetrics } from "../observe/metrics/network.ts";
import type { Registry } from "../observe/metrics/node.ts";
import { updateMetrics } from "../observe/metrics/update.ts";
import type { EarningTotal } from "../store/earnings.ts";
import { ReleaseWatch } from "../update/watch.ts";
import type { NodeOptions } from "./node-options.ts";
import { Renewed } from "./reload/renewed.ts";

export interface NodeFacts {
  readonly sessions: () => readonly { readonly id: string; readonly runs: boolean }[];
  readonly earnings: () => readonly EarningTotal[];
  readonly home: string;
  readonly releases: { readonly now: ReleaseWatch };
}

/** All of it is asked when it is scraped. */
export function factMetrics(register: Registry, { sessions, earnings, home, releases }: NodeFacts): void {
  sessionMetrics(register, () => Object.fromEntries(sessions().map(({ id, runs }) => [id, runs])));
  earningsMetrics(register, earnings);
  homeMetrics(register, { freeBytes: () => freeBytes(home), exposedKeys: () => exposedKeys(home) });
  updateMetrics(register, () => releases.now.available);
}

interface ReleaseOptions extends Pick<NodeOptions, "config" | "releases" | "version" | "clock"> {
  readonly log: Log;
}

/** What the configuration says of releases goes before what the program was told by its maker. */
export function openReleases({ config, releases, version, clock, log }: ReleaseOptions, fetch: Fetch) {
  return new Renewed(config, {
    settings: ({ update }) => update,
    open({ checkInterval: interval, from = releases.from, publicKey = releases.publicKey }, former?: ReleaseWatch) {
      // Of another maker nothing is known yet.
      const known = former?.isOf(from, publicKey) ? former.available : undefined;
      return new ReleaseWatch({ interval, from, publicKey, version, known, fetch, clock, log });
    },
    log,
  });
}

function freeBytes(home: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(home);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
