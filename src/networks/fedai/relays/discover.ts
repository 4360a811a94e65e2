// Finds relays: those that the settings name, and those in the lists that they name; scored, sorted and cut.
import type { Fetch } from "../../../lib/fetch.ts";
import type { FedaiSettings } from "../settings.ts";
import { entriesIn, type RelayEntry } from "./directory.ts";
import { relayUrlOf } from "./url.ts";

export interface Relay {
  readonly url: string;
  readonly read: boolean;
  readonly write: boolean;
  readonly score: number;
  readonly priority: number;
  readonly tags: readonly string[];
  readonly latencyMs?: number;
  readonly lastSeenMs: number;
}

export interface DiscoveryPorts {
  readonly fetch: Fetch;
  now(): number;
}

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 4 * 2 ** 20;
const USUAL_SCORE = 5;
const LEAST_SCORE = 1;
const BEST_SCORE = 10;
const MS_FOR_A_POINT = 200;

/** A list that cannot be had is left out. */
export async function discoverRelays(
  { bootstrap, directories, trust, minScore, maxResults }: FedaiSettings["relays"],
  ports: DiscoveryPorts,
  signal: AbortSignal,
): Promise<readonly Relay[]> {
  const fetched = await Promise.all(
    directories.map(async (url) => {
      const reply = await ports
        .fetch(url, { timeoutMs: TIMEOUT_MS, maxBytes: MOST_BYTES, signal })
        .catch(() => undefined);
      return reply && reply.status >= 200 && reply.status <= 299 ? entriesIn(reply.body) : [];
    }),
  );
  const bonuses = new Map(trust.map(({ url, bonus }) => [url, bonus]));
  const found = new Map<string, Relay>();
  for (const entry of [...bootstrap.map((url): RelayEntry => ({ url })), ...fetched.flat()]) {
    const url = relayUrlOf(entry.url);
    if (url === undefined) continue;
    const relay = scored(url, entry, bonuses.get(url) ?? 0, ports.now());
    const known = found.get(url);
    found.set(url, known ? merged(known, relay) : relay);
  }
  return [...found.values()]
    .filter(({ score }) => score >= minScore)
    .sort((a, b) => b.score - a.score || b.priority - a.priority)
    .slice(0, maxResults);
}

function scored(url: string, entry: RelayEntry, bonus: number, now: number): Relay {
  const { latencyMs, read = true, write = true, tags = [], lastSeenMs = now } = entry;
  const base = Math.max(LEAST_SCORE, entry.score ?? USUAL_SCORE);
  const score = Math.max(0, base + bonus - (latencyMs ?? 0) / MS_FOR_A_POINT);
  const priority = Math.round((Math.min(BEST_SCORE, score) / 2) * 10) / 10;
  return { url, read, write, score, priority, tags, lastSeenMs, ...(latencyMs !== undefined && { latencyMs }) };
}

function merged(known: Relay, later: Relay): Relay {
  return {
    ...known,
    ...later,
    score: Math.max(known.score, later.score),
    priority: Math.max(known.priority, later.priority),
    lastSeenMs: Math.max(known.lastSeenMs, later.lastSeenMs),
    tags: [...new Set([...known.tags, ...later.tags])],
  };
}
