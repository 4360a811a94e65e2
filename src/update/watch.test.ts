// Whether a newer release is there, and mends a hole: as its maker signed, and only where the operator wants to know.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { signingKey, writeRelease } from "../../test/fakes/release.ts";
import { FIXES } from "./release.ts";
import { ReleaseWatch } from "./watch.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fxn-watch-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const log = new FakeLog();
const clock = new FakeClock();
const watch = (change: Partial<ConstructorParameters<typeof ReleaseWatch>[0]> = {}) =>
  new ReleaseWatch({
    ...{ from: folder, publicKey: signingKey().publicKey, interval: 1000, version: "1.1.0", clock, log },
    fetch: async () => {
      throw new Error("a folder needs no network");
    },
    ...change,
  });

describe("update available with a security flag", () => {
  test("none for the newest and for one that is newer still", async () => {
    await writeRelease(folder, { version: "1.1.0", fixes: ["1.1.0"] });
    for (const version of ["1.1.0", "1.2.0"]) {
      const one = watch({ version });
      await one.look();
      expect(one.available).toBeUndefined();
    }
  });

  test("it, or one between, mends a hole; what was mended before, or will be, does not count", async () => {
    const found = async (fixes: readonly string[] | undefined) => {
      await writeRelease(folder, { version: "1.3.0", ...(fixes ? { fixes } : {}) });
      const one = watch();
      await one.look();
      return one.available;
    };
    expect(await found(undefined)).toEqual({ version: "1.3.0", security: false });
    expect(await found(["1.0.0", "1.1.0", "1.4.0"])).toEqual({ version: "1.3.0", security: false });
    expect(await found(["1.2.0"])).toEqual({ version: "1.3.0", security: true });
    expect(await found(["1.3.0"])).toEqual({ version: "1.3.0", security: true });
  });

  test("attack: a list that the maker did not sign, and a release of another maker, say nothing", async () => {
    await writeRelease(folder, { version: "1.3.0", fixes: ["1.0.0"] });
    writeFileSync(join(folder, FIXES), "1.2.0 a hole\n");
    const changed = watch();
    await changed.look();
    expect(changed.available).toBeUndefined();
    await writeRelease(folder, { version: "1.3.0", key: signingKey(8) });
    const other = watch();
    await other.look();
    expect(other.available).toBeUndefined();
    expect(log.lines.map(({ message }) => message)).toContain("whether there is a newer fxn could not be found out");
  });

  test("what was found stays while nothing can be found out; an interval of 0 asks nobody, ever", async () => {
    await writeRelease(folder, { version: "1.3.0" });
    const one = watch();
    await one.look();
    rmSync(folder, { recursive: true });
    await one.look();
    expect(one.available?.version).toBe("1.3.0");
    const never = watch({ interval: 0 });
    await never.run(new AbortController().signal);
    expect(never.available).toBeUndefined();
  });

  test("it looks at once, then at each interval, until it is told to end", async () => {
    const looked = Promise.withResolvers<void>();
    const alarm = new (class extends FakeClock {
      override after(ms: number, fn: () => void) {
        looked.resolve();
        return super.after(ms, fn);
      }
    })();
    const one = watch({ clock: alarm });
    const ending = new AbortController();
    const running = one.run(ending.signal);
    await looked.promise;
    await writeRelease(folder, { version: "1.3.0" });
    await alarm.advance(999);
    expect(one.available).toBeUndefined();
    await alarm.advance(1);
    while (one.available === undefined) await Bun.sleep(5);
    expect(one.available.version).toBe("1.3.0");
    ending.abort();
    await running;
  });
});
