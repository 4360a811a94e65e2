// Whether this machine's clock is the world's: by the Date headers of servers that are asked anyway, and the chain's latest block.
import { z } from "zod";
import type { LoadedConfig } from "../../config/load.ts";
import { isLoopback } from "../../config/net-fields.ts";
import { type CheckKind, fail, ok, skip, warn } from "../../core/check.ts";
import type { Clock } from "../../core/clock.ts";
import type { Fetch } from "../../lib/fetch.ts";
import { hostOf } from "../../lib/http-head.ts";
import { functionIsOn, ownNetworksOn } from "../../networks/config.ts";
import { VALID } from "./config.ts";
import type { Surroundings } from "./surroundings.ts";

/** A Date header has whole seconds, and was on its way. */
const TOLERATED_MS = 5000;
const LIMITS = { timeoutMs: 4000, maxBytes: 1024 * 1024 };
const LATEST = { jsonrpc: "2.0", id: 1, method: "eth_getBlockByNumber", params: ["latest", false] };
const latest = z.object({ result: z.object({ timestamp: z.string().regex(/^0x[0-9a-f]{1,12}$/i) }) });
const HINT = "Set this machine's clock, and keep it so: turn NTP on.";

export interface TimeSources {
  readonly rpcs: readonly string[];
  readonly servers: readonly string[];
}

export interface Skew {
  /** Milliseconds; positive: this clock is ahead. */
  readonly aheadMs: number;
  /** How many have told. */
  readonly sources: number;
}

interface Told {
  /** By its Date header: how far this clock is ahead. */
  readonly date: number | undefined;
  /** How much later it is here than when the latest block was made; a block is never of the future. */
  readonly block: number | undefined;
}

export const CLOCK_CHECKS: readonly CheckKind<Surroundings>[] = [
  {
    id: "clock.skew",
    title: "This machine's clock is right",
    looksAt:
      "The Date headers of the RPCs and of model servers on other machines, and the time of the chain's latest block. Signed times further away than auth.maxClockSkew are refused.",
    mend: HINT,
    after: [VALID],
    async run({ config, fetch, clock }, signal) {
      const loaded = await config();
      const found = await measureSkew(sourcesIn(loaded), { fetch, clock }, signal);
      if (!found) return skip("nobody who was asked told the time");
      const seconds = Math.round(Math.abs(found.aheadMs) / 1000);
      const message = `it is ${seconds} s ${found.aheadMs < 0 ? "behind" : "ahead"}, by ${found.sources} ${found.sources === 1 ? "server" : "servers"}`;
      if (Math.abs(found.aheadMs) > loaded.config.auth.maxClockSkew) return fail(message, HINT);
      return Math.abs(found.aheadMs) > TOLERATED_MS ? warn(message, HINT) : ok(message);
    },
  },
];

/** undefined: nobody told the time. */
export async function measureSkew(
  { rpcs, servers }: TimeSources,
  ports: { readonly fetch: Fetch; readonly clock: Clock },
  signal: AbortSignal,
): Promise<Skew | undefined> {
  const told = await Promise.all([
    ...rpcs.map((url) => ask(url, JSON.stringify(LATEST), ports, signal)),
    ...servers.map((url) => ask(url, undefined, ports, signal)),
  ]);
  const dates = told.flatMap(({ date }) => date ?? []).sort((a, b) => a - b);
  const middle = dates[Math.floor(dates.length / 2)];
  const blocks = told.flatMap(({ block }) => block ?? []);
  // The latest block is older than now by as much as the chain takes for one, which nobody here knows; but not younger.
  const youngest = blocks.length > 0 ? Math.min(...blocks) : undefined;
  if (youngest !== undefined && youngest < -TOLERATED_MS && youngest < (middle ?? 0))
    return { aheadMs: youngest, sources: blocks.length };
  return middle === undefined ? undefined : { aheadMs: middle, sources: dates.length };
}

async function ask(
  url: string,
  body: string | undefined,
  { clock, ...ports }: { readonly fetch: Fetch; readonly clock: Clock },
  signal: AbortSignal,
): Promise<Told> {
  const before = clock.now();
  try {
    const asked = body === undefined ? {} : { method: "POST", body, headers: { "content-type": "application/json" } };
    const reply = await ports.fetch(url, { ...LIMITS, ...asked, redirects: "answer", signal });
    const now = (before + clock.now()) / 2;
    const date = Date.parse(reply.headers.get("date") ?? "");
    const block = body === undefined ? undefined : blockTime(new TextDecoder().decode(reply.body));
    // Whole seconds: half of one later on the average.
    return {
      date: Number.isNaN(date) ? undefined : now - (date + 500),
      block: block === undefined ? undefined : now - block,
    };
  } catch {
    // Whether it answers is what another check is for.
    return { date: undefined, block: undefined };
  }
}

function blockTime(text: string): number | undefined {
  try {
    return Number(latest.parse(JSON.parse(text)).result.timestamp) * 1000;
  } catch {
    return undefined;
  }
}

function sourcesIn(loaded: LoadedConfig): TimeSources {
  const { config, models } = loaded;
  const ofNetworks = ownNetworksOn(loaded).flatMap(({ network, written }) => network.wallet(written)?.rpcUrls ?? []);
  const urls = (models?.models ?? []).flatMap(({ backends }) =>
    backends.flatMap((one) => ("url" in one ? one.url : [])),
  );
  return {
    rpcs: [...new Set([...(functionIsOn(config) ? config.rpcProvider : []), ...ofNetworks])],
    // One on this machine has this machine's clock.
    servers: [...new Set(urls)].filter((url) => !isLoopback(hostOf(new URL(url)))),
  };
}
