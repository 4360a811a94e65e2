// A Lua script of Redis: sent whole only when the server does not know it yet.
import type { RedisClient } from "bun";
import { messageOf } from "../../core/errors.ts";

export interface RedisScript {
  readonly text: string;
  /** By which the server knows it. */
  readonly sha1: string;
}

export function redisScript(text: string): RedisScript {
  return { text, sha1: new Bun.CryptoHasher("sha1").update(text).digest("hex") };
}

export async function runScript(
  client: RedisClient,
  { text, sha1 }: RedisScript,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  const rest = [String(keys.length), ...keys, ...args.map(String)];
  try {
    return await client.send("EVALSHA", [sha1, ...rest]);
  } catch (error) {
    if (!messageOf(error).startsWith("NOSCRIPT")) throw error;
    return await client.send("EVAL", [text, ...rest]);
  }
}
