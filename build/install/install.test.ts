// install.sh against releases that are damaged, forged, cut, old or replayed.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InstallWorld, noVerifier, type Run, TOOLS, VERIFIERS } from "../../test/fakes/install-world.ts";
import { type ReleaseWish, signingKey, signRelease, writeRelease } from "../../test/fakes/release.ts";
import { hostTarget } from "../targets.ts";

const FLIPS = 12;

let world: InstallWorld;
beforeEach(async () => {
  world = await InstallWorld.open();
});
afterEach(() => world.close());

for (const { name, missing } of VERIFIERS) {
  describe.skipIf(missing !== "")(`with ${name} alone to check${missing}`, () => {
    const run = (): Run => ({ env: { PATH: world.only(...TOOLS, "sha256sum", name) } });

    test("a right release is installed", () => world.expectInstalled(run()));

    test("a release signed by another key is refused, whether or not that key has the same id", async () => {
      const other = signingKey(8);
      signRelease(world.release, other);
      await world.expectRefused("signature", run());
      signRelease(world.release, { ...other, id: Buffer.from("another.") });
      await world.expectRefused("signature", run());
    });

    test("another comment under a right signature is refused", async () => {
      const path = join(world.release, "SHA256SUMS.minisig");
      writeFileSync(path, readFileSync(path, "utf8").replace("file:SHA256SUMS", "file:SHA256SUMT"));
      await world.expectRefused("signature", run());
    });

    for (const file of ["SHA256SUMS", "SHA256SUMS.minisig"])
      test(`a flipped byte anywhere in ${file} is refused`, () => refusesFlips(join(world.release, file), run()));
  });
}

/** A dozen places all over the file, its first and last byte among them, and all bits of a byte in turn. */
async function refusesFlips(path: string, run: Run): Promise<void> {
  const right = readFileSync(path);
  const copies: string[] = [];
  for (let i = 0; i < FLIPS; i++) {
    const at = Math.round((i * (right.length - 1)) / (FLIPS - 1));
    const flipped = Buffer.from(right);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (i % 8));
    const copy = join(world.folder, `flipped-${i}`);
    cpSync(world.release, copy, { recursive: true });
    writeFileSync(join(copy, path.slice(world.release.length + 1)), flipped);
    copies.push(copy);
  }
  const codes: number[] = [];
  // A few at a time: most of it is starting small programs.
  while (copies.length > 0)
    codes.push(
      ...(await Promise.all(
        copies.splice(0, 4).map(async (copy) => (await world.install({ ...run, words: world.usual(copy) })).code),
      )),
    );
  expect(codes).toEqual(Array(FLIPS).fill(1));
  world.expectUntouched();
  // It was the flips that were refused.
  expect((await world.install(run)).code).toBe(0);
}

describe.skipIf(noVerifier !== "")(`the file${noVerifier}`, () => {
  test("a flipped byte anywhere in the archive is refused", () => refusesFlips(join(world.release, world.archive), {}));

  test("an archive cut short or missing is refused", async () => {
    const path = join(world.release, world.archive);
    const right = readFileSync(path);
    for (const length of [0, 1, right.length / 2, right.length - 1]) {
      writeFileSync(path, right.subarray(0, length));
      await world.expectRefused("is not the file that was signed");
    }
    rmSync(path);
    await world.expectRefused("is missing or cannot be read");
  });

  test("a release without a signature is refused", async () => {
    rmSync(join(world.release, "SHA256SUMS.minisig"));
    await world.expectRefused("SHA256SUMS.minisig is missing");
  });

  const target = hostTarget().name;
  const hash = "a".repeat(64);
  const sums: readonly { what: string; sums: ReleaseWish["sums"]; why: string }[] = [
    {
      what: "names the system twice",
      sums: (right) => `${right}${hash}  fxn-1.2.4-${target}.tar.gz\n`,
      why: "more than one",
    },
    { what: "has a path", sums: (right) => `${right}${hash}  ../fxn-1.2.4-${target}.tar.gz\n`, why: "holds a line" },
    { what: "has no file for it", sums: () => `${hash}  fxn-1.2.3-plan9-x64.tar.gz\n`, why: "has no file for" },
    { what: "is empty", sums: () => "", why: "has no file for" },
    {
      what: "has a name with an option",
      sums: (right) => `${right}${hash}  --checkpoint-action\n`,
      why: "holds a line",
    },
    { what: "has another hash", sums: (right) => right.replace(/^\w{64}/, hash), why: "not the file that was signed" },
  ];
  for (const { what, why, ...wish } of sums)
    test(`a signed SHA256SUMS that ${what} is refused`, async () => {
      await writeRelease(world.release, { version: "1.2.3", ...wish });
      await world.expectRefused(why);
    });

  test("an archive whose program says another version, does not run or is a link is refused", async () => {
    await writeRelease(world.release, { version: "1.2.3", program: Buffer.from("#!/bin/sh\necho 1.2.2\n") });
    await world.expectRefused("says that it is 1.2.2");
    await writeRelease(world.release, {
      version: "1.2.3",
      program: Buffer.from("#!/bin/sh\necho no such library >&2; exit 127\n"),
    });
    await world.expectRefused("does not run here: no such library");
    await writeRelease(world.release, { version: "1.2.3", program: new Uint8Array(0) });
    await world.expectRefused("does not hold the program");
  });

  test("a replayed release, old but signed, is refused unless it is asked for", async () => {
    const ages = [
      ["0.9.9", "1.0.0"],
      ["1.9.0", "1.10.0"],
      ["1.0.0-rc.1", "1.0.0"],
      ["1.0.0-rc.9", "1.0.0-rc.10"],
      ["1.0.0-rc", "1.0.0-rc.1"],
      ["1.0.0-7", "1.0.0-beta"],
      ["1.0.0-alpha", "1.0.0-beta"],
    ] as const;
    for (const [older, newer] of ages) {
      const from = join(world.folder, older);
      await writeRelease(from, { version: older });
      const program = join(world.destination, "fxn");
      const before = `#!/bin/sh\necho ${newer}\n`;
      writeFileSync(program, before, { mode: 0o755 });
      const { code, stderr } = await world.install({ words: world.usual(from) });
      expect([code, stderr]).toEqual([1, expect.stringContaining(`is ${older}, older than the installed ${newer}`)]);
      expect(readFileSync(program, "utf8")).toBe(before);
      expect((await world.install({ words: [...world.usual(from), "--allow-downgrade"] })).code).toBe(0);
      // And forward again, without being asked.
      await writeRelease(from, { version: newer });
      rmSync(join(from, `fxn-${older}-${target}.tar.gz`));
      expect((await world.install({ words: world.usual(from) })).code).toBe(0);
    }
  });

  test("another version than the wanted one is refused", async () => {
    await world.expectRefused("is 1.2.3, not 1.2.4", { words: [...world.usual(), "--version", "1.2.4"] });
    await world.expectInstalled({ words: [...world.usual(), "--version", "1.2.3"] });
  });
});
