// The list of what is kept against real shared stores: whatever a node leaves there has a class.
import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { ledgerRow } from "../../test/fakes/ledger-row.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { postgresServer, redisServer } from "../../test/sandbox/store-servers.ts";
import { systemClock } from "../core/clock.ts";
import { openSharedStore } from "../store/shared/index.ts";
import { DATA_CLASSES } from "./data-classes.ts";

const NAMES = {
  async redis(url: string) {
    const client = new Bun.RedisClient(url);
    const keys = z.array(z.string()).parse(await client.send("KEYS", ["mine:*"]));
    client.close();
    return keys.map((key) => key.slice("mine:".length));
  },
  async postgres(url: string) {
    const sql = new Bun.SQL(url, { max: 1 });
    const rows: unknown = await sql.unsafe("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
    await sql.close();
    return z
      .array(z.object({ tablename: z.string() }))
      .parse(rows)
      .map(({ tablename }) => tablename.slice("mine_".length));
  },
};

for (const kind of [redisServer, postgresServer]) {
  const because = kind.missing ? ` (skipped: ${kind.missing})` : "";
  describe.skipIf(kind.missing !== undefined)(`fxn privacy-report and a shared store: ${kind.name}${because}`, () => {
    test("every table and key is of a class, the caller's in their own", async () => {
      const server = await kind.open();
      const store = openSharedStore({
        ...{ url: server.url, timeout: 20_000, prefix: "mine", keepMs: 600_000, maxPerScope: 10 },
        ...{
          limits: { requestsPerMinute: 1, tokensPerMinute: 1, concurrent: 1 },
          clock: systemClock,
          log: new FakeLog(),
        },
      });
      await store.limits.take("0xcaller", "place");
      await store.limits.spend("0xcaller", 1);
      await store.replay.claim("function 0xcaller", "nonce", Date.now() + 1000);
      await store.rows.put([ledgerRow({})]);
      const names = await NAMES[kind.name](server.url);
      const classes = (name: string) =>
        DATA_CLASSES.filter(({ places }) =>
          places.some((place) => "shared" in place && place.shared === name.replace(/:.*/, ":*")),
        ).map(({ id }) => id);
      expect(names.filter((name) => classes(name).length !== 1)).toEqual([]);
      const ofCallers = names.filter((name) => classes(name).includes("callers")).sort();
      expect(ofCallers).toEqual(kind.name === "redis" ? ["limits:0xcaller", "places:0xcaller"] : ["buckets", "places"]);
      store.close();
      await server.remove();
    }, 60_000);
  });
}
