// What Postgres holds of callers is gone when it limits nobody any more, a bounded part at a time, and nobody is refused for it.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { until } from "../../../test/e2e/until.ts";
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
    const open = (requestsPerMinute: number, keepMs = 600_000) => {
      const store = openSharedStore({
        ...{ url: server.url, timeout: 20_000, prefix: "f", keepMs, maxPerScope: 1000 },
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

    test("a caller without nonces goes with the last of them, also one that had none", async () => {
      const store = open(1, 1);
      const scopes = () => rows("SELECT scope AS caller FROM f_scopes");
      expect(await store.replay.claim("0xlate", "n", 1)).toBe("outside-window");
      expect(await scopes()).toEqual([]);
      expect(await store.replay.claim("0xa", "n", Date.now() + 50)).toBe("fresh");
      expect(await scopes()).toEqual([{ caller: "0xa" }]);
      await until(async () => {
        await store.replay.purge();
        return (await scopes()).length === 0;
      });
    });

    test("race: nonces of callers who are deleted at that moment are let in once, and none twice", async () => {
      const [a, b] = [open(1, 1), open(1, 1)];
      let going = true;
      const purging = (async () => {
        while (going) await b.replay.purge();
      })();
      let fresh = 0;
      for (let i = 0; i < 200; i++) {
        const at = Date.now() + 3;
        const claims = [a, b, a, b].map(({ replay }) => replay.claim(`0x${i % 3}`, String(i), at));
        const passed = (await Promise.all(claims)).filter((answer) => answer === "fresh").length;
        expect(passed).toBeLessThanOrEqual(1);
        fresh += passed;
      }
      going = false;
      await purging;
      expect(fresh).toBeGreaterThan(0);
    }, 60_000);

    test("a store of the first version is brought up to date", async () => {
      await open(1).limits.take("0xslow", "held");
      for (const text of [
        "DROP FUNCTION f_take(text, bigint, bigint, bigint, text, double precision)",
        "DROP FUNCTION f_claim(json, bigint)",
        "UPDATE f_version SET version = 1",
      ])
        await rows(text);
      const store = open(1);
      expect(await store.limits.take("0xnew", "held")).toEqual({});
      expect(await store.replay.claim("0xnew", "n", Date.now() + 1000)).toBe("fresh");
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
