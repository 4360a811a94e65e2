import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { StoreError } from "../errors.ts";
import { MappedReplayGuard, NONCES_FOLDER } from "./replay-guard.ts";

const MINUTE = 60_000;
const KEEP = 10 * MINUTE;
const HELPER = join(import.meta.dir, "..", "..", "..", "test", "fakes", "claiming-process.ts");
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fxn-store-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

interface Options {
  readonly clock?: FakeClock;
  readonly maxPerScope?: number;
  readonly keepMs?: number;
  readonly mapping?: boolean;
}

const folders = () => readdirSync(join(home, NONCES_FOLDER)).filter((name) => name !== "header");

for (const mapping of process.platform === "win32" ? [false] : [true, false]) {
  function open({ clock = new FakeClock(), maxPerScope = 1000, keepMs = KEEP }: Options = {}) {
    return { clock, guard: new MappedReplayGuard(home, { clock, keepMs, maxPerScope, mapping }) };
  }

  describe(mapping ? "replay guard, mapped" : "replay guard, where no file can be mapped", () => {
    test("replay: the second claim of a nonce is refused, with another time too; another caller's is not", () => {
      const { guard, clock } = open();
      expect(guard.claim("a", "n1", clock.now())).toBe("fresh");
      for (const later of [0, 1000, 2 * MINUTE, 5 * MINUTE, -3 * MINUTE]) {
        expect(guard.claim("a", "n1", clock.now() + later)).toBe("replayed");
      }
      expect(guard.claim("b", "n1", clock.now())).toBe("fresh");
    });

    test("scope and nonce do not run into each other", () => {
      const { guard, clock } = open();
      expect(guard.claim("a", "bc", clock.now())).toBe("fresh");
      expect(guard.claim("ab", "c", clock.now())).toBe("fresh");
    });

    test("replay across a restart without any closing: the files alone remember", () => {
      const first = open();
      first.guard.claim("a", "n1", first.clock.now());
      const second = open({ clock: first.clock });
      expect(second.guard.claim("a", "n1", first.clock.now())).toBe("replayed");
    });

    test("settings that change between two starts make nothing forgotten", () => {
      const first = open();
      const times = [-4, -1, 0, 3].map((minutes) => first.clock.now() + minutes * MINUTE);
      for (const at of times) first.guard.claim("a", `n${at}`, at);
      for (const keepMs of [KEEP / 2, 3 * KEEP, 5000]) {
        const { guard } = open({ clock: first.clock, keepMs });
        for (const at of times) expect(guard.claim("a", `n${at}`, at)).toBe("replayed");
      }
    });

    test("purge deletes only what has left every window", async () => {
      const { guard, clock } = open();
      const old = clock.now();
      guard.claim("a", "old", old);
      await clock.advance(9 * MINUTE);
      guard.claim("a", "young", clock.now());
      guard.purge();
      expect(guard.claim("a", "old", old)).toBe("replayed");
      await clock.advance(3 * MINUTE);
      guard.purge();
      expect(folders()).toHaveLength(1);
      expect(guard.claim("a", "old", old)).toBe("outside-window");
      expect(guard.claim("a", "young", clock.now() - 3 * MINUTE)).toBe("replayed");
    });

    test("clock jump: a nonce deleted while the clock ran ahead is not fresh when it is set back", () => {
      const { guard, clock } = open();
      const at = clock.now();
      guard.claim("a", "n1", at);
      clock.jump(24 * 60 * MINUTE);
      guard.purge();
      expect(folders()).toEqual([]);
      clock.jump(-24 * 60 * MINUTE);
      expect(guard.claim("a", "n1", at)).toBe("outside-window");
      expect(guard.claim("a", "n2", at + 1000)).toBe("fresh");
      const again = open({ clock }).guard;
      expect(again.claim("a", "n1", at)).toBe("outside-window");
      expect(again.claim("a", "n2", at + 1000)).toBe("replayed");
    });

    test("flood: a full caller is refused, nothing is forgotten, others are not touched", async () => {
      const { guard, clock } = open({ maxPerScope: 3 });
      for (const nonce of ["1", "2", "3"]) expect(guard.claim("a", nonce, clock.now() + 2 * MINUTE)).toBe("fresh");
      expect(guard.claim("a", "4", clock.now())).toBe("full");
      expect(guard.claim("a", "3", clock.now() + 2 * MINUTE)).toBe("replayed");
      expect(guard.claim("b", "4", clock.now())).toBe("fresh");
      expect(open({ clock, maxPerScope: 3 }).guard.claim("a", "5", clock.now())).toBe("full");
      await clock.advance(14 * MINUTE);
      guard.purge();
      expect(guard.claim("a", "5", clock.now())).toBe("fresh");
    });

    test("what was refused takes nobody's place", () => {
      const { guard, clock } = open({ maxPerScope: 2 });
      for (let i = 0; i < 9; i++) guard.claim("a", "1", clock.now());
      expect(guard.claim("a", "2", clock.now())).toBe("fresh");
      expect(guard.claim("a", "3", clock.now())).toBe("full");
    });

    test("twenty thousand nonces in one epoch: through several blocks each is known again", () => {
      const { guard, clock } = open({ maxPerScope: 1e6 });
      for (let i = 0; i < 20_000; i++) expect(guard.claim("a", `n${i}`, clock.now())).toBe("fresh");
      for (let i = 0; i < 20_000; i++) expect(guard.claim("a", `n${i}`, clock.now())).toBe("replayed");
    });

    test("more callers than can be counted are refused", () => {
      const { guard, clock } = open();
      for (let i = 0; i < 16_384; i++) expect(guard.claim(`caller ${i}`, "n", clock.now())).toBe("fresh");
      expect(guard.claim("one more", "n", clock.now())).toBe("full");
      expect(guard.claim("caller 7", "m", clock.now())).toBe("fresh");
    });

    test("against a plain set, whatever is claimed, purged and restarted", () => {
      const step = fc.oneof(
        {
          weight: 8,
          arbitrary: fc.record({
            scope: fc.constantFrom("a", "b"),
            n: fc.nat(12),
            seconds: fc.integer({ min: -60, max: 60 }),
          }),
        },
        { weight: 1, arbitrary: fc.record({ passes: fc.nat(90) }) },
        { weight: 1, arbitrary: fc.constant("restart" as const) },
      );
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
          rmSync(join(home, NONCES_FOLDER), { recursive: true, force: true });
          // As the node has it: requests are at most a minute off, and kept for twice that.
          let { guard, clock } = open({ keepMs: 2 * MINUTE });
          const used = new Map<string, number>();
          for (const one of steps) {
            if (one === "restart") guard = open({ clock, keepMs: 2 * MINUTE }).guard;
            else if ("passes" in one) {
              clock.jump(one.passes * 1000);
              guard.purge();
            } else {
              const at = clock.now() + one.seconds * 1000;
              const key = `${one.scope} ${one.n}`;
              const answer = guard.claim(one.scope, String(one.n), at);
              const before = used.get(key);
              // The very same request is never let in twice; another one only after the first was kept as long as it must be.
              if (answer === "fresh" && before !== undefined) {
                expect(before).not.toBe(at);
                expect(before).toBeLessThan(clock.now() - 2 * MINUTE);
              }
              if (before === undefined) expect(["fresh", "outside-window"]).toContain(answer);
              if (answer === "fresh") used.set(key, at);
            }
          }
        }),
        { numRuns: 60 },
      );
    });

    test("the files are the owner's alone", () => {
      const { guard, clock } = open();
      guard.claim("a", "n", clock.now());
      const root = join(home, NONCES_FOLDER);
      expect(statSync(root).mode & 0o777).toBe(0o700);
      for (const name of readdirSync(root, { recursive: true, encoding: "utf8" })) {
        const { mode } = statSync(join(root, name));
        expect(mode & 0o077).toBe(0);
      }
    });

    test("damaged files are refused with what to do, and let nothing through", () => {
      const { guard, clock } = open();
      guard.claim("a", "n", clock.now());
      const header = join(home, NONCES_FOLDER, "header");
      for (const damage of [
        () => writeFileSync(header, new Uint8Array(64)),
        () => truncateSync(header, 7),
        () => truncateSync(header, 0),
      ]) {
        damage();
        expect(() => open({ clock })).toThrow(StoreError);
      }
    });

    test("a half-deleted epoch of a node that was killed is cleared away", () => {
      const { guard } = open();
      mkdirSync(join(home, NONCES_FOLDER, "gone-1-2"));
      guard.purge();
      expect(folders()).toEqual([]);
    });

    test("a disk that cannot be written refuses instead of letting through", () => {
      const { guard, clock } = open();
      rmSync(join(home, NONCES_FOLDER), { recursive: true });
      writeFileSync(join(home, NONCES_FOLDER), "in the way");
      expect(() => guard.claim("a", "n", clock.now())).toThrow("durable state is not available");
    });
  });
}

describe.skipIf(process.platform !== "linux")("several processes at once", () => {
  const run = (count: number, at: number) =>
    Bun.spawn([process.execPath, HELPER, home, String(count), String(at)], { stdout: "pipe", stderr: "inherit" });

  test("four claim the same fifty thousand nonces: each is fresh for exactly one", async () => {
    const at = Date.now();
    const counts = await Promise.all(
      Array.from({ length: 4 }, () =>
        new Response(run(50_000, at).stdout).text().then((text) => text.trim().split("\n").length),
      ),
    );
    const guard = new MappedReplayGuard(home, { clock: new FakeClock(at), keepMs: KEEP, maxPerScope: 1e9 });
    expect(counts.reduce((sum, count) => sum + count)).toBe(50_000);
    for (let i = 0; i < 50_000; i += 997) expect(guard.claim("a", `n${i}`, at)).toBe("replayed");
  }, 60_000);

  test("kill -9 in the middle: what was called fresh is never fresh again", async () => {
    const at = Date.now();
    const child = run(1_000_000, at);
    let said = "";
    for await (const part of child.stdout) {
      said += new TextDecoder().decode(part);
      if (said.length > 20_000) child.kill("SIGKILL");
    }
    const claimed = said.slice(0, said.lastIndexOf("\n")).split("\n");
    expect(claimed.length).toBeGreaterThan(1000);
    const guard = new MappedReplayGuard(home, { clock: new FakeClock(at), keepMs: KEEP, maxPerScope: 1e9 });
    for (const nonce of claimed) expect(guard.claim("a", nonce, at)).toBe("replayed");
  }, 60_000);

  test("full disk: a claim is refused with an error, not with a fault of memory", async () => {
    // No file may grow past 16 KB: the first block cannot be made.
    const script = `ulimit -f 16; exec "$0" "$@"`;
    const child = Bun.spawn(["bash", "-c", script, process.execPath, HELPER, home, "10", String(Date.now())], {
      stdout: "pipe",
      stderr: "pipe",
    });
    expect(await new Response(child.stdout).text()).toBe("");
    expect(await new Response(child.stderr).text()).toContain("store_unavailable");
    expect([await child.exited, child.signalCode]).toEqual([3, null]);
  });
});
