// Nonces in Redis: one script decides, so that of two equal claims of any two nodes exactly one is fresh.
import { z } from "zod";
import type { Claim } from "../../core/replay.ts";
import type { Link } from "../shared/link.ts";
import type { PurgingGuard, SharedOptions } from "../shared/store.ts";
import type { RedisConnection } from "./connection.ts";
import { redisScript } from "./script.ts";

const NOW = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/**
 * A server that was started anew, restored or taken over by its replica may have lost its newest nonces: from then on
 * what was signed before that moment is refused. A caller whose clock is ahead of the server's is not covered as far as
 * it is ahead.
 * ARGV: the server's run
 */
export const BEGIN = redisScript(`${NOW}
  if redis.call('HGET', KEYS[1], 'run') ~= ARGV[1] then
    local floor = tonumber(redis.call('HGET', KEYS[1], 'floor') or now)
    redis.call('HSET', KEYS[1], 'run', ARGV[1], 'floor', string.format('%.0f', math.max(floor, now)))
  end
  return 1`);

/** KEYS: state, nonces, live; ARGV: scope, nonce, at, the most of one scope. No floor: it was all deleted just now. */
const CLAIM = redisScript(`${NOW}
  local floor = redis.call('HGET', KEYS[1], 'floor')
  if not floor then
    floor = now
    redis.call('HSET', KEYS[1], 'floor', string.format('%.0f', now))
  end
  if tonumber(ARGV[3]) <= tonumber(floor) then return 'outside-window' end
  if tonumber(redis.call('HGET', KEYS[3], ARGV[1]) or 0) >= tonumber(ARGV[4]) then return 'full' end
  if redis.call('ZADD', KEYS[2], 'NX', ARGV[3], ARGV[1] .. '\\n' .. ARGV[2]) == 0 then return 'replayed' end
  redis.call('HINCRBY', KEYS[3], ARGV[1], 1)
  return 'fresh'`);

/** KEYS as above; ARGV: how long nonces are kept, how many are deleted at most. The newest deleted becomes the floor. */
const PURGE = redisScript(`${NOW}
  local old = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[1], 'WITHSCORES', 'LIMIT', 0, ARGV[2])
  if #old == 0 then return 0 end
  local floor = tonumber(redis.call('HGET', KEYS[1], 'floor') or now)
  redis.call('HSET', KEYS[1], 'floor', string.format('%.0f', math.max(floor, tonumber(old[#old]))))
  for i = 1, #old, 2 do
    redis.call('ZREM', KEYS[2], old[i])
    local scope = string.match(old[i], '^[^\\n]*')
    if redis.call('HINCRBY', KEYS[3], scope, -1) <= 0 then redis.call('HDEL', KEYS[3], scope) end
  end
  return #old / 2`);

const KEYS = ["state", "nonces", "live"];
/** Nonces deleted at once: a few milliseconds of the server, which does nothing else meanwhile. */
const SLICE = 1000;

const claim = z.enum(["fresh", "replayed", "outside-window", "full"]);

export class RedisNonces implements PurgingGuard {
  readonly #link: Link<RedisConnection>;
  readonly #options: SharedOptions;

  constructor(link: Link<RedisConnection>, options: SharedOptions) {
    this.#link = link;
    this.#options = options;
  }

  claim(scope: string, nonce: string, at: number): Promise<Claim> {
    const args = [scope, nonce, at, this.#options.maxPerScope];
    return this.#link.ask("claiming a nonce", async (redis) => claim.parse(await redis.run(CLAIM, KEYS, args)));
  }

  async purge(): Promise<boolean> {
    const args = [this.#options.keepMs, SLICE];
    return (await this.#link.ask("deleting old nonces", (redis) => redis.run(PURGE, KEYS, args))) === SLICE;
  }
}
