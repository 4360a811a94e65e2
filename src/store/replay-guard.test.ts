import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock } from "../../test/fakes/clock.ts";
import { DATABASE_FILE, openDatabase } from "./database.ts";
import { SqliteReplayGuard } from "./replay-guard.ts";

const MINUTE = 60_000;
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fxn-store-"));
});
afterEach(() => rmSync(home, { recursive: true }));

function open(clock = new FakeClock(), maxPerScope = 1000) {
  const db = openDatabase(home);
  return { db, clock, guard: new SqliteReplayGuard(db, { clock, keepMs: 10 * MINUTE, maxPerScope }) };
}

describe("replay guard", () => {
  test("replay: the second claim of a nonce is refused, another caller's is not", () => {
    const { guard, clock } = open();
    expect(guard.claim("a", "n1", clock.now())).toBe("fresh");
    expect(guard.claim("a", "n1", clock.now())).toBe("replayed");
    expect(guard.claim("a", "n1", clock.now() + 1000)).toBe("replayed");
    expect(guard.claim("b", "n1", clock.now())).toBe("fresh");
  });

  test("replay across a restart without any closing: the file alone remembers", () => {
    const first = open();
    first.guard.claim("a", "n1", first.clock.now());
    const second = open(first.clock);
    expect(second.guard.claim("a", "n1", first.clock.now())).toBe("replayed");
  });

  test("two guards on one file: exactly one claim is fresh", () => {
    const first = open();
    const second = open(first.clock);
    const answers = [first.guard.claim("a", "n", first.clock.now()), second.guard.claim("a", "n", first.clock.now())];
    expect(answers.sort()).toEqual(["fresh", "replayed"]);
  });

  test("purge deletes only what has left every window", async () => {
    const { guard, clock, db } = open();
    guard.claim("a", "old", clock.now());
    await clock.advance(9 * MINUTE);
    guard.claim("a", "young", clock.now());
    guard.purge();
    expect(db.query("SELECT count(*) AS n FROM nonces").get()).toEqual({ n: 2 });
    await clock.advance(2 * MINUTE);
    expect(guard.purge()).toBeFalse();
    expect(db.query("SELECT nonce FROM nonces").all()).toEqual([{ nonce: "young" }]);
  });

  test("clock jump: a nonce deleted while the clock ran ahead is not fresh when it is set back", () => {
    const { guard, clock } = open();
    const at = clock.now();
    guard.claim("a", "n1", at);
    clock.jump(24 * 60 * MINUTE);
    guard.purge();
    clock.jump(-24 * 60 * MINUTE);
    expect(guard.claim("a", "n1", at)).toBe("outside-window");
    expect(guard.claim("a", "n2", at + 1000)).toBe("fresh");
    expect(open(clock).guard.claim("a", "n1", at)).toBe("outside-window");
  });

  test("flood: a full caller is refused, nothing is forgotten, others are not touched", async () => {
    const { guard, clock } = open(new FakeClock(), 3);
    for (const nonce of ["1", "2", "3"]) expect(guard.claim("a", nonce, clock.now())).toBe("fresh");
    expect(guard.claim("a", "4", clock.now())).toBe("full");
    expect(guard.claim("b", "4", clock.now())).toBe("fresh");
    await clock.advance(11 * MINUTE);
    guard.purge();
    expect(guard.claim("a", "5", clock.now())).toBe("fresh");
  });

  test("purge goes in slices, the oldest first, and every slice leaves its floor", async () => {
    const { guard, clock } = open(new FakeClock(), 10_000);
    for (let i = 0; i < 2500; i++) guard.claim("a", String(i), clock.now() + i);
    await clock.advance(11 * MINUTE);
    expect([guard.purge(), guard.purge(), guard.purge()]).toEqual([true, false, false]);
    expect(guard.claim("a", "0", clock.now() - 11 * MINUTE)).toBe("outside-window");
  });

  test("the file is the owner's alone", () => {
    open();
    expect(statSync(join(home, DATABASE_FILE)).mode & 0o777).toBe(0o600);
  });

  test("a broken database refuses instead of letting through", () => {
    const { guard, clock, db } = open();
    db.run("DROP TABLE nonces");
    expect(() => guard.claim("a", "n", clock.now())).toThrow("durable state is not available");
  });
});
