// Limits of callers in Redis: the buckets of src/auth/caller-limits.ts on the server's clock, and places that expire.
import { z } from "zod";
import { type LimitStore, type LimitsConfig, PLACE_MS, type Taken } from "../../core/limits.ts";
import type { Link } from "../shared/link.ts";
import type { SharedOptions } from "../shared/store.ts";
import type { RedisConnection } from "./connection.ts";
import { redisScript } from "./script.ts";

const MINUTE_US = 60_000_000;

/** Microseconds, as are all times in the buckets: whole ones, which a double carries without loss. */
const NOW = `
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]
  local minute = ${MINUTE_US}`;

/**
 * A bucket is the time at which it would be full again.
 * KEYS: buckets, places; ARGV: requests and tokens per minute, places, the place, how long it is held (ms)
 */
const TAKE = redisScript(`${NOW}
  local most = tonumber(ARGV[3])
  if most > 0 then
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
    if redis.call('ZCARD', KEYS[2]) >= most then return {'concurrent', '1'} end
  end
  local perMinute = tonumber(ARGV[2])
  if perMinute > 0 then
    local empty = tonumber(redis.call('HGET', KEYS[1], 'tokens') or 0) - now - minute
    if empty >= 0 then return {'tokens', tostring((empty + minute / perMinute) / 1000000)} end
  end
  perMinute = tonumber(ARGV[1])
  if perMinute > 0 then
    local full = math.max(now, tonumber(redis.call('HGET', KEYS[1], 'requests') or 0)) + minute / perMinute
    if full - now - minute > 1 then return {'requests', tostring((full - now - minute) / 1000000)} end
    redis.call('HSET', KEYS[1], 'requests', string.format('%.0f', math.floor(full)))
    if redis.call('PTTL', KEYS[1]) < 120000 then redis.call('PEXPIRE', KEYS[1], 120000) end
  end
  if most > 0 then
    redis.call('ZADD', KEYS[2], string.format('%.0f', now + ARGV[5] * 1000), ARGV[4])
    redis.call('PEXPIRE', KEYS[2], ARGV[5])
  end
  return {}`);

/** KEYS: buckets; ARGV: tokens, tokens per minute. */
const SPEND = redisScript(`${NOW}
  local full = math.max(now, tonumber(redis.call('HGET', KEYS[1], 'tokens') or 0)) + ARGV[1] * minute / ARGV[2]
  redis.call('HSET', KEYS[1], 'tokens', string.format('%.0f', math.ceil(full)))
  local ttl = string.format('%.0f', math.ceil((full - now) / 1000) + 60000)
  if redis.call('PTTL', KEYS[1]) < tonumber(ttl) then redis.call('PEXPIRE', KEYS[1], ttl) end
  return 1`);

/** KEYS: places; ARGV: the place, how long (ms). One that has been given to others is not taken back. */
const RENEW = redisScript(`${NOW}
  redis.call('ZADD', KEYS[1], 'XX', string.format('%.0f', now + ARGV[2] * 1000), ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 1`);

const taken = z.union([
  z.tuple([]).transform((): Taken => ({})),
  z
    .tuple([z.enum(["requests", "tokens", "concurrent"]), z.coerce.number()])
    .transform(([limit, seconds]): Taken => ({ limit, seconds })),
]);

export class RedisLimits implements LimitStore {
  readonly #link: Link<RedisConnection>;
  #limits: LimitsConfig;

  constructor(link: Link<RedisConnection>, { limits }: Pick<SharedOptions, "limits">) {
    this.#link = link;
    this.#limits = limits;
  }

  limitTo(limits: LimitsConfig): void {
    this.#limits = limits;
  }

  take(caller: string, place: string): Promise<Taken> {
    const { requestsPerMinute, tokensPerMinute, concurrent } = this.#limits;
    const args = [requestsPerMinute, tokensPerMinute, concurrent, place, PLACE_MS];
    return this.#link.ask("asking for a caller's limits", async (redis) =>
      taken.parse(await redis.run(TAKE, [buckets(caller), places(caller)], args)),
    );
  }

  async renew(held: readonly { readonly caller: string; readonly place: string }[]): Promise<void> {
    await this.#link.ask("holding callers' places", (redis) =>
      Promise.all(held.map(({ caller, place }) => redis.run(RENEW, [places(caller)], [place, PLACE_MS]))),
    );
  }

  async release(caller: string, place: string): Promise<void> {
    await this.#link.ask("giving a caller's place back", (redis) =>
      redis.client.send("ZREM", [redis.key(places(caller)), place]),
    );
  }

  async spend(caller: string, tokens: number): Promise<void> {
    const args = [tokens, this.#limits.tokensPerMinute];
    await this.#link.ask("counting a caller's tokens", (redis) => redis.run(SPEND, [buckets(caller)], args));
  }
}

const buckets = (caller: string) => `limits:${caller}`;
const places = (caller: string) => `places:${caller}`;
