// A shared store in Redis or Valkey.
import { Link } from "../shared/link.ts";
import type { SharedOptions, SharedStore } from "../shared/store.ts";
import { redisKind } from "./connection.ts";
import { RedisRows } from "./ledger.ts";
import { RedisLimits } from "./limits.ts";
import { RedisNonces } from "./nonces.ts";

export function openRedis(options: SharedOptions): SharedStore {
  const link = new Link(redisKind, options);
  return {
    replay: new RedisNonces(link, options),
    limits: new RedisLimits(link, options),
    rows: new RedisRows(link),
    trouble: () => link.trouble(),
    close: () => link.close(),
  };
}
