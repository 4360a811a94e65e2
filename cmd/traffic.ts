// What came of late, by the ledger of this home: for fxn why and fxn status.
import type { Environment } from "../src/config/environment.ts";
import { formatDuration } from "../src/core/duration.ts";
import { loadConfig } from "../src/networks/config.ts";
import { openReadOnly } from "../src/store/database.ts";
import { type Traffic, trafficSince } from "../src/store/ledger/recent.ts";
import { withJournal } from "../src/store/ledger/table.ts";

const DAY_MS = 86_400_000;

/** undefined: this home has no ledger that can be read, or it is in the store that several nodes share. */
export async function trafficIn(home: string, env: Environment): Promise<Traffic | undefined> {
  try {
    const { config } = await loadConfig({ home, env });
    if (config.store.url !== undefined) return undefined;
    const db = openReadOnly(home);
    if (!db) return undefined;
    try {
      return trafficSince(db, Date.now() - DAY_MS, withJournal(db, home));
    } finally {
      db.close();
    }
  } catch {
    // Whether the home can be read at all is what checks find.
    return undefined;
  }
}

export function trafficWords({ lastAt, requests, ok }: Traffic, now: number): string {
  if (lastAt === null) return "no request of others is in the ledger yet";
  const ago = formatDuration(Math.floor(Math.max(0, now - lastAt) / 1000) * 1000);
  return `the last request of others came ${ago} ago; in the last 24 hours ${requests}, ${ok} answered well`;
}
