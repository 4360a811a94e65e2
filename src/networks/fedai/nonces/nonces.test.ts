// Where nonces are kept: in a file and in Postgres of the reference's form, beyond a crash, and shut when they cannot be written.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock } from "../../../../test/fakes/clock.ts";
import { FakeReplay } from "../../../../test/fakes/fedai-ports.ts";
import { postgresServer, type StoreServer } from "../../../../test/sandbox/store-servers.ts";
import vectors from "../../../../test/vectors/fed-ai.json";
import { systemClock } from "../../../core/clock.ts";
import type { ReplayGuard } from "../../../core/replay.ts";
import { claimNonce, WINDOW_MS } from "./claim.ts";
import { FileNonces } from "./file.ts";
import { PostgresNonces } from "./postgres.ts";

const folder = mkdtempSync(join(tmpdir(), "fxn-nonces-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = () => join(folder, "deep", `${files++}.json`);

async function wordOf(guard: ReplayGuard, clock: FakeClock, nonce: string, ts: number, signer = "a"): Promise<string> {
  try {
    await claimNonce(guard, clock, signer, { nonce, ts });
    return "fresh";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "?";
  }
}

describe("the replay rule", () => {
  test.each<[string, (clock: FakeClock) => ReplayGuard]>([
    ["the node's store", (clock) => new FakeReplay(clock)],
    ["a file", (clock) => new FileNonces(newFile(), clock)],
  ])("the network's sequence, with %s", async (_, open) => {
    const clock = new FakeClock(0);
    const guard = open(clock);
    for (const { nowMs, nonce, ts, expect: wanted } of vectors.replaySequence.steps) {
      await clock.advance(Math.max(0, nowMs - clock.now()));
      clock.jump(nowMs - clock.now());
      expect(await wordOf(guard, clock, nonce, ts)).toBe(wanted.ok ? "fresh" : wanted.error!);
    }
  });

  test.each(vectors.replayOfSignedEnvelope.cases)("$name", async ({ nowMs, alreadySeen, checkReplay }) => {
    const clock = new FakeClock(nowMs);
    const guard = new FakeReplay(clock);
    const { nonce, ts } = vectors.replayOfSignedEnvelope.envelope;
    if (alreadySeen) guard.claim("a", nonce, ts);
    expect(await wordOf(guard, clock, nonce, ts)).toBe(checkReplay.ok ? "fresh" : checkReplay.error!);
  });

  test("a time that is no number lets nobody in", async () => {
    const clock = new FakeClock();
    expect(await wordOf(new FakeReplay(clock), clock, "n", Number.NaN)).toBe("ts-out-of-window");
  });
});

describe("a file", () => {
  test("has the reference's form, and is read back beyond a crash", async () => {
    const clock = new FakeClock();
    const path = newFile();
    const guard = new FileNonces(path, clock);
    expect(await Promise.all(["1", "2", "1"].map((nonce) => guard.claim("a", nonce, clock.now())))).toEqual([
      "fresh",
      "fresh",
      "replayed",
    ]);
    // Written before the answer: nothing is lost whenever the process ends.
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ entries: { "a:1": clock.now(), "a:2": clock.now() } });
    const after = new FileNonces(path, clock);
    expect(await after.claim("a", "2", clock.now())).toBe("replayed");
    expect(await after.claim("b", "2", clock.now())).toBe("fresh");
  });

  test("of the reference goes on counting; a nonce named __proto__ is one like any other", async () => {
    const clock = new FakeClock();
    const path = join(folder, "reference.json");
    writeFileSync(path, JSON.stringify({ entries: { old: clock.now() - WINDOW_MS - 1, live: clock.now() } }));
    const guard = new FileNonces(path, clock);
    expect(await guard.claim("a", "live", clock.now())).toBe("replayed");
    expect(await guard.claim("a", "old", clock.now())).toBe("fresh");
    expect(await guard.claim("a", "__proto__", clock.now())).toBe("fresh");
    expect(await new FileNonces(path, clock).claim("a", "__proto__", clock.now())).toBe("replayed");
  });

  test("that is broken is not taken for an empty one", () => {
    const path = join(folder, "broken.json");
    writeFileSync(path, '{"entries":{"a":');
    expect(() => new FileNonces(path, new FakeClock())).toThrow("cannot be read");
  });

  test("that cannot be written lets nobody in", async () => {
    const clock = new FakeClock();
    const path = newFile();
    const guard = new FileNonces(path, clock);
    mkdirSync(`${path}.tmp`);
    const refused = await guard.claim("a", "1", clock.now()).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "store_unavailable" });
    expect(await wordOf(guard, clock, "2", clock.now())).toBe("nonce-store-unavailable");
  });

  test("many claims share few writes", async () => {
    const clock = new FakeClock();
    const guard = new FileNonces(newFile(), clock);
    const claims = await Promise.all(Array.from({ length: 500 }, (_, i) => guard.claim("a", String(i), clock.now())));
    expect(new Set(claims)).toEqual(new Set(["fresh"]));
  });
});

const missing = postgresServer.missing;
describe.skipIf(missing !== undefined)(`Postgres${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let server: StoreServer;
  beforeAll(async () => {
    if (missing === undefined) server = await postgresServer.open();
  });
  afterAll(() => server?.remove());

  test("of two nodes with one key exactly one gets a nonce, whatever is in it", async () => {
    const nodes = [new PostgresNonces(server.url, systemClock), new PostgresNonces(server.url, systemClock)];
    for (const nonce of ["n", "", "nul\0nul", "é".repeat(5000), "'; DROP TABLE node_nonce_store; --"]) {
      const claims = await Promise.all([...nodes, ...nodes].map((node) => node.claim("a", nonce, Date.now())));
      expect(claims.filter((claim) => claim === "fresh")).toHaveLength(1);
      expect(await nodes[0]!.claim("b", nonce, Date.now())).toBe("fresh");
    }
    for (const node of nodes) node.close();
  });

  test("has the reference's table, and what it wrote there is used", async () => {
    const sql = new Bun.SQL(server.url, { max: 1 });
    await sql.unsafe("INSERT INTO node_nonce_store (nonce, ts) VALUES ('theirs', $1)", [Date.now()]);
    const node = new PostgresNonces(server.url, systemClock);
    expect(await node.claim("a", "theirs", Date.now())).toBe("replayed");
    node.close();
    await sql.close();
  });

  test("that is gone lets nobody in, and serves again when it is back", async () => {
    const node = new PostgresNonces(server.url, systemClock);
    expect(await node.claim("a", "before", Date.now())).toBe("fresh");
    const refused = () => node.claim("a", "while", Date.now()).catch((error: unknown) => error);
    server.pause();
    expect(await refused()).toMatchObject({ code: "store_unavailable" });
    server.resume();
    await server.kill();
    expect(await refused()).toMatchObject({ code: "store_unavailable" });
    await server.start();
    let claim: unknown;
    for (let i = 0; i < 50 && claim !== "replayed"; i++) {
      claim = await node.claim("a", "before", Date.now()).catch(() => undefined);
    }
    expect(claim).toBe("replayed");
    node.close();
  });
});
