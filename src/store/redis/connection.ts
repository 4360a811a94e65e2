// One connection to Redis or Valkey: opened, found fit to be trusted with nonces, asked to run scripts.
import type { RedisClient } from "bun";
import { z } from "zod";
import type { SharedOptions, StoreKind } from "../shared/store.ts";
import { BEGIN } from "./nonces.ts";
import { type RedisScript, runScript } from "./script.ts";

/** What is read of INFO: which run of the server this is, and whether it would throw nonces away. */
const info = z.object({
  run_id: z.string(),
  maxmemory: z.coerce.number(),
  maxmemory_policy: z.string(),
  aof_enabled: z.string(),
});

export class RedisConnection {
  readonly client: RedisClient;
  readonly #prefix: string;

  constructor(client: RedisClient, prefix: string) {
    this.client = client;
    this.#prefix = prefix;
  }

  key(name: string): string {
    return `${this.#prefix}:${name}`;
  }

  run(script: RedisScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return runScript(
      this.client,
      script,
      keys.map((key) => this.key(key)),
      args,
    );
  }
}

export const redisKind: StoreKind<RedisConnection> = {
  async open({ url, timeout, prefix, log }: SharedOptions) {
    // It must not come back by itself: a server that was started anew may have forgotten nonces.
    const client = new Bun.RedisClient(url, { autoReconnect: false, connectionTimeout: timeout });
    try {
      // The first command connects, and unlike connect() it says why it cannot.
      const server = info.parse(fieldsOf(await client.send("INFO", [])));
      if (server.maxmemory > 0 && server.maxmemory_policy !== "noeviction") {
        throw new Error(`it evicts nonces when memory is short: set maxmemory-policy noeviction`);
      }
      if (server.aof_enabled === "0") {
        log.warn({}, "the store keeps no append-only file: a crash of it loses ledger rows (set appendonly yes)");
      }
      const connection = new RedisConnection(client, prefix);
      await connection.run(BEGIN, ["state"], [server.run_id]);
      return connection;
    } catch (error) {
      client.close();
      throw error;
    }
  },
  async check(connection) {
    // A write: what is read-only or full answers everything else.
    await connection.client.send("SET", [connection.key("check"), "1", "PX", "1000"]);
  },
  close: ({ client }) => client.close(),
};

/** INFO's lines "name:value". */
function fieldsOf(text: unknown): Record<string, string> {
  return Object.fromEntries(
    String(text)
      .split("\r\n")
      .map((line) => line.split(/:(.*)/s, 2)),
  );
}
