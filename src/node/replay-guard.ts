// The replay guard of one home as the configuration wants it; the node and its workers open the same files.
import type { Config } from "../config/schema.ts";
import type { Clock } from "../core/clock.ts";
import { MappedReplayGuard } from "../store/nonces/replay-guard.ts";

export function openReplayGuard(home: string, { auth, nonceCache }: Config, clock: Clock): MappedReplayGuard {
  return new MappedReplayGuard(home, {
    clock,
    keepMs: Math.max(nonceCache.ttl, 2 * auth.maxClockSkew),
    maxPerScope: nonceCache.maxPerCaller,
  });
}
