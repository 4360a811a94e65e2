// What Postgres holds of callers is gone when it limits nobody any more, a bounded part at a time, and nobody is refused for it.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { FakeLog } from "../../../test/fakes/log.ts";
import { postgresServer, type StoreServer } from "../../../test/sandbox/store-servers.ts";
import { systemClock } from "../../core/clock.ts";
import { openSharedStore } from "../shared/index.ts";
import type { SharedStore } from "../shared/store.ts";

const { missing } = postgresServer;

describe.skipIf(missing !== undefined)(
  missing ? `callers in Postgres (skipped: ${missing})` : "callers in Postgres",
  () => {
    let server: StoreServer;
    const opened: SharedStore[] = [];
    const open = (requestsPerMinute: number) => {
      const store = openSharedStore({
        ...{ url: server.url, timeout: 20_000, prefix: "f", keepMs: 600_000, maxPerScope: 1000 },
        ...{
          limits: { requestsPerMinute, tokensPerMinute: 0, concurrent: 1000 },
          clock: systemClock,
          log: new FakeLog(),
        },
      });
      opened.push(store);
      return store;
    };
    const rows = async (text: string) => {
      const sql = new Bun.SQL(server.url, { max: 1 });
      const found: unknown = await sql.unsafe(text);
      await sql.close();
      return z.array(z.object({ caller: z.string() })).parse(found);
    };
    beforeAll(async () => {
      server = await postgresServer.open();
    });
    afterAll(async () => {
      for (const store of opened) store.close();
      await server.remove();
    });

    test("full buckets and places that have expired go, at most a thousand at once; others stay", async () => {
      const [slow, quick] = [open(1), open(60_000_000)];
      await slow.limits.take("0xslow", "held");
      await quick.limits.take("0xquick", "left");
      await rows("INSERT INTO f_buckets SELECT 'b' || i, 1, 1 FROM generate_series(1, 2500) i");
      await rows(
        "INSERT INTO f_places SELECT 'p' || i, 'x', now() - interval '1 hour' FROM generate_series(1, 1500) i",
      );
      expect(await slow.replay.purge()).toBeTrue();
      expect(await rows("SELECT caller FROM f_buckets")).toHaveLength(1502);
      expect(await rows("SELECT caller FROM f_places")).toHaveLength(502);
      while (await slow.replay.purge());
      expect(await rows("SELECT caller FROM f_buckets")).toEqual([{ caller: "0xslow" }]);
      expect(await rows("SELECT caller FROM f_places ORDER BY 1")).toEqual([
        { caller: "0xquick" },
        { caller: "0xslow" },
      ]);
      expect(await slow.limits.take("0xslow", "another")).toMatchObject({ limit: "requests" });
    });

    test("a store of the first version is brought up to date", async () => {
      await open(1).limits.take("0xslow", "held");
      for (const text of [
        "DROP FUNCTION f_take(text, bigint, bigint, bigint, text, double precision)",
        "UPDATE f_version SET version = 1",
      ])
        await rows(text);
      expect(await open(1).limits.take("0xnew", "held")).toEqual({});
    });

    test("race: callers whose rows are deleted at that moment are let in as ever", async () => {
      const [a, b] = [open(60_000_000), open(60_000_000)];
      let going = true;
      const purging = (async () => {
        while (going) await b.replay.purge();
      })();
      const takes = Array.from({ length: 3000 }, async (_, i) => {
        const caller = `0x${i % 3}`;
        const { limit } = await a.limits.take(caller, String(i));
        await a.limits.release(caller, String(i));
        return limit;
      });
      const limits = await Promise.all(takes).finally(() => {
        going = false;
      });
      await purging;
      expect(limits.filter((limit) => limit !== undefined && limit !== "concurrent")).toEqual([]);
    }, 60_000);
  },
);
