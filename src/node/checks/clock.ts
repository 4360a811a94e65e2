// Whether this machine's clock is the world's: by the Date headers of servers that are asked anyway, and the chain's latest block.
import { z } from "zod";
import type { LoadedConfig } from "../../config/load.ts";
import { isLoopback } from "../../config/net-fields.ts";
import { type CheckKind, fail, ok, skip, warn } from "../../core/check.ts";
import type { Clock } from "../../core/clock.ts";
import { aheadOfDate, type Skew, skewOf, TOLERATED_MS, type Told } from "../../lib/clock-skew.ts";
import type { Fetch } from "../../lib/fetch.ts";
import { hostOf } from "../../lib/http-head.ts";
import { functionIsOn, ownNetworksOn } from "../../networks/config.ts";
import { VALID } from "./config.ts";
import type { Surroundings } from "./surroundings.ts";

const LIMITS = { timeoutMs: 4000, maxBytes: 1024 * 1024 };
const LATEST = { jsonrpc: "2.0", id: 1, method: "eth_getBlockByNumber", params: ["latest", false] };
const latest = z.object({ result: z.object({ timestamp: z.string().regex(/^0x[0-9a-f]{1,12}$/i) }) });
const HINT = "Set this machine's clock, and keep it so: turn NTP on (on Linux: timedatectl set-ntp true).";

export interface TimeSources {
  readonly rpcs: readonly string[];
  readonly servers: readonly string[];
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
  return skewOf(told);
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
    const block = body === undefined ? undefined : blockTime(new TextDecoder().decode(reply.body));
    return {
      date: aheadOfDate(reply.headers.get("date"), now),
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
