// THE STORE TABLE: which server a URL's scheme names, and how it is opened.
import { StoreError } from "../errors.ts";
import { openPostgres } from "../postgres/open.ts";
import { openRedis } from "../redis/open.ts";
import type { SharedOptions, SharedStore } from "./store.ts";

export const STORE_KINDS = [
  { schemes: ["redis", "rediss", "valkey", "valkeys"], open: openRedis },
  { schemes: ["postgres", "postgresql"], open: openPostgres },
] as const satisfies readonly { schemes: readonly string[]; open: (options: SharedOptions) => SharedStore }[];

/** Connects in the background, and again whenever it must: a store that is down keeps no node from starting. */
export function openSharedStore(options: SharedOptions): SharedStore {
  const scheme = new URL(options.url).protocol.slice(0, -1);
  const kind = STORE_KINDS.find(({ schemes }) => schemes.some((name) => name === scheme));
  if (!kind) throw new StoreError("store_unknown", 500, `there is no store of the kind ${scheme}://`);
  return kind.open(options);
}
