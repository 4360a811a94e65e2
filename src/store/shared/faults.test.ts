import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AUTHORITY, CERTIFICATE, CERTIFICATE_KEY } from "../../../test/fakes/certificate.ts";
import { ledgerRow } from "../../../test/fakes/ledger-row.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import {
  freePort,
  postgresServer,
  redisServer,
  type StoreServer,
  type StoreServerKind,
} from "../../../test/sandbox/store-servers.ts";
import { systemClock } from "../../core/clock.ts";
import { openSharedStore } from "./index.ts";
import type { SharedOptions, SharedStore } from "./store.ts";

const TIMEOUT_MS = 300;
const MARGIN_MS = 250;
const WAIT_MS = 8000;

const opened: SharedStore[] = [];
afterEach(() => {
  for (const store of opened.splice(0)) store.close();
});

function open(url: string, change: Partial<SharedOptions> = {}) {
  const log = new FakeLog();
  const limits = { requestsPerMinute: 0, tokensPerMinute: 0, concurrent: 1 };
  const timing = { timeout: TIMEOUT_MS, keepMs: 600_000 };
  const store = openSharedStore({
    url,
    ...timing,
    prefix: "fxn",
    maxPerScope: 1000,
    limits,
    clock: systemClock,
    log,
    ...change,
  });
  opened.push(store);
  return { ...store, log };
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + WAIT_MS;
  while (!(await what())) {
    if (performance.now() > end) throw new Error(`not within ${WAIT_MS} ms`);
    await Bun.sleep(20);
  }
}

/** What a claim comes to, and that it comes in time. */
async function claim({ replay }: SharedStore, nonce: string, at = Date.now() + 1000): Promise<string> {
  const start = performance.now();
  const answer = await Promise.resolve(replay.claim("function:0xaa", nonce, at)).catch(({ code }) => code as string);
  expect(performance.now() - start).toBeLessThan(TIMEOUT_MS + MARGIN_MS);
  return answer;
}

const withPassword = (url: string, password: string) => {
  const changed = new URL(url);
  changed.password = password;
  return changed.href;
};

/** What differs between the kinds, for the tests that all of them run. */
interface Hands {
  readonly wrongDatabase: (url: string) => string;
  readonly tls: (url: string) => string;
  /** Everything that is in it is gone, the server goes on. */
  readonly wipe: (url: string) => Promise<void>;
}

function faults(kind: StoreServerKind, { wrongDatabase, tls, wipe }: Hands): void {
  const why = kind.missing ? ` (skipped: ${kind.missing})` : "";
  describe.skipIf(kind.missing !== undefined)(`faults of ${kind.name}${why}`, () => {
    let server: StoreServer;
    beforeAll(async () => {
      server = await kind.open();
      // A server that has just begun may miss the tests' short time on a busy machine.
      const store = open(server.url);
      for (let i = 0; i < 50 && (await claim(store, `begun-${i}`)) !== "fresh"; i++) await Bun.sleep(100);
    });
    afterAll(() => server.remove());

    test("killed: claims, limits and rows are refused in time; started again, it serves by itself and no nonce is fresh twice", async () => {
      const store = open(server.url);
      // Not ahead: a server that is killed while it waits for its disk may have forgotten what it answered last.
      let at = 0;
      const now = () => {
        at = Date.now();
        return at;
      };
      // What was signed before the server began is refused.
      await until(async () => (await claim(store, "killed", now())) === "fresh");
      await server.kill();
      expect(await claim(store, "killed", at)).toBe("store_unavailable");
      expect(await store.limits.take("0xaa", "p").catch(({ code }) => code)).toBe("store_unavailable");
      expect(await store.rows.put([ledgerRow()]).catch(({ code }) => code)).toBe("store_unavailable");
      await until(() => store.trouble() !== undefined);
      await server.start();
      await until(() => store.trouble() === undefined);
      expect(await claim(store, "killed", at)).toBeOneOf(["replayed", "outside-window"]);
      expect(await claim(store, "after kill")).toBe("fresh");
    });

    test("hang: a hundred claims at once are refused in time; resumed, it serves by itself and lets none of them in twice", async () => {
      const store = open(server.url);
      expect(await claim(store, "before hang")).toBe("fresh");
      server.pause();
      // Not all in one turn: some come while others are waited for.
      const hung = await Promise.all(
        Array.from({ length: 100 }, (_, i) => Bun.sleep(i).then(() => claim(store, `hung ${i}`))),
      );
      expect(new Set(hung)).toEqual(new Set(["store_unavailable"]));
      await until(() => store.trouble() !== undefined);
      expect(await claim(store, "hung 1")).toBe("store_unavailable");
      server.resume();
      await until(() => store.trouble() === undefined);
      expect(await claim(store, "before hang")).toBe("replayed");
      expect(await claim(store, "after hang")).toBe("fresh");
    });

    test("started before the store: it waits for it", async () => {
      await server.kill();
      const store = open(server.url);
      expect(await claim(store, "early")).toBe("store_unavailable");
      await server.start();
      await until(() => store.trouble() === undefined);
      expect(await claim(store, "early")).toBe("fresh");
    });

    test("restart: what was signed before it is refused, should the newest nonces be lost", async () => {
      const store = open(server.url);
      const at = Date.now();
      await until(async () => (await claim(store, "x")) !== "store_unavailable");
      await server.kill();
      await server.start();
      await until(() => store.trouble() === undefined);
      await until(async () => (await claim(store, "never used", at)) === "outside-window");
    });

    test("wiped under a running node: no nonce that was used becomes fresh", async () => {
      const store = open(server.url);
      const at = Date.now() + 50;
      await until(async () => (await claim(store, "wiped", at)) === "fresh");
      await Bun.sleep(100);
      await wipe(server.url);
      expect(await claim(store, "wiped", at)).toBeOneOf(["outside-window", "store_unavailable"]);
      await until(async () => (await claim(store, "wiped", at)) === "outside-window");
      await until(async () => (await claim(store, "after wipe")) === "fresh");
    });

    test("purge: what has left every window is deleted, frees its caller's room and leaves a floor", async () => {
      const store = open(server.url, { keepMs: 200, prefix: "purge", maxPerScope: 3 });
      await until(() => store.trouble() === undefined);
      await Bun.sleep(20);
      const at = Date.now();
      for (const nonce of ["1", "2", "3"]) expect(await claim(store, nonce, at)).toBe("fresh");
      expect(await claim(store, "4")).toBe("full");
      await Bun.sleep(250);
      await store.replay.purge();
      expect(await claim(store, "1", at)).toBe("outside-window");
      for (const nonce of ["5", "6", "7"]) expect(await claim(store, nonce)).toBe("fresh");
      expect(await claim(store, "8")).toBe("full");
    });

    test("many nodes begin on an empty store at once", async () => {
      const stores = Array.from({ length: 8 }, () => open(server.url, { prefix: "begin", timeout: 5000 }));
      const claims = await Promise.all(stores.map(({ replay }) => replay.claim("s", "n", Date.now() + 5000)));
      expect(claims.filter((answer) => answer === "fresh")).toHaveLength(1);
      expect(claims.filter((answer) => answer === "replayed")).toHaveLength(7);
    });

    const wrong = [
      ["password", (url: string) => withPassword(url, "guess-7d21"), /password|WRONGPASS/i],
      ["database", wrongDatabase, /database|DB index/i],
      ["TLS that the server does not speak", tls, /./],
    ] as const;
    for (const [what, change, said] of wrong) {
      test(`wrong ${what}: nobody is let in, and it is said without the password`, async () => {
        const store = open(change(server.url));
        expect(await claim(store, what)).toBe("store_unavailable");
        await until(() => /does not answer: ./.test(store.trouble() ?? ""));
        expect(store.trouble()).toMatch(said);
        const shown = JSON.stringify([store.log.lines, store.trouble()]);
        for (const url of [server.url, change(server.url)]) expect(shown).not.toContain(new URL(url).password);
      });
    }
  });
}

faults(redisServer, {
  wrongDatabase: (url) => `${url}/99`,
  tls: (url) => url.replace("redis://", "rediss://"),
  async wipe(url) {
    const client = new Bun.RedisClient(url);
    await client.send("FLUSHALL", []);
    client.close();
  },
});

faults(postgresServer, {
  wrongDatabase: (url) => url.replace(/postgres$/, "nowhere"),
  tls: (url) => `${url}?sslmode=require`,
  async wipe(url) {
    const sql = new Bun.SQL(url, { max: 1 });
    await sql.unsafe("DROP SCHEMA public CASCADE; CREATE SCHEMA public;");
    await sql.close();
  },
});

const missing = redisServer.missing ? ` (skipped: ${redisServer.missing})` : "";
test.skipIf(redisServer.missing !== undefined)(`a Redis that would evict nonces is not used${missing}`, async () => {
  const server = await redisServer.open();
  const client = new Bun.RedisClient(server.url);
  await client.send("CONFIG", ["SET", "maxmemory", "100mb"]);
  await client.send("CONFIG", ["SET", "maxmemory-policy", "allkeys-lru"]);
  const store = open(server.url);
  expect(await claim(store, "n")).toBe("store_unavailable");
  expect(store.trouble()).toContain("set maxmemory-policy noeviction");
  await client.send("CONFIG", ["SET", "maxmemory-policy", "noeviction"]);
  await until(async () => (await claim(store, "n")) === "fresh");
  client.close();
  await server.remove();
});

test.skipIf(redisServer.missing !== undefined)(
  `TLS: a certificate that nobody vouches for is refused${missing}`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "fxn-tls-"));
    const [certificate, key] = [join(folder, "certificate"), join(folder, "key")];
    await Promise.all([Bun.write(certificate, CERTIFICATE), Bun.write(key, CERTIFICATE_KEY)]);
    const port = await freePort();
    const words = { "tls-port": port, "tls-cert-file": certificate, "tls-key-file": key, "tls-auth-clients": "no" };
    const server = await redisServer.open([
      ...Object.entries(words).flatMap(([name, value]) => [`--${name}`, String(value)]),
      ...["--tls-ca-cert-file", certificate],
    ]);
    const url = server.url.replace("redis://", "rediss://").replace(/:\d+$/, `:${port}`);
    // It does speak TLS, to those who know its authority.
    const knowing = new Bun.RedisClient(url, { tls: { ca: AUTHORITY } });
    expect(await knowing.send("PING", [])).toBe("PONG");
    knowing.close();
    const store = open(url);
    expect(await claim(store, "n")).toBe("store_unavailable");
    await until(() => /certificate/i.test(store.trouble() ?? ""));
    await server.remove();
    rmSync(folder, { recursive: true });
  },
);
