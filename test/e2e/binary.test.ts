// The compiled file itself: what it must not read, must not hold, and says at once.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BINARY, fxn } from "./node.ts";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "fxn-hostile-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

describe("a hostile working directory", () => {
  test(".env is not read: no setting, no home, no runtime option comes from it", async () => {
    writeFileSync(
      join(dir, ".env"),
      `FXN_HOME=${join(dir, "elsewhere")}\nFXN_NODE_LISTEN_PORT=6666\nBUN_OPTIONS=--print=1\n`,
    );
    const { stdout } = await fxn(["config", "show", "--origin", "--home", join(dir, "empty")], { cwd: dir });
    expect(stdout).toContain("8080");
    expect(stdout).not.toContain("6666");
    const status = await fxn(["status", "--json"], { cwd: dir, env: { HOME: dir } });
    expect(status.stdout).toContain(join(dir, ".fxn"));
    expect(existsSync(join(dir, "elsewhere"))).toBeFalse();
  });

  test("bunfig.toml is not read: its preload does not run", async () => {
    const trace = join(dir, "it-ran");
    writeFileSync(join(dir, "evil.ts"), `require("node:fs").writeFileSync(${JSON.stringify(trace)}, "x");`);
    writeFileSync(join(dir, "bunfig.toml"), `preload = ["./evil.ts"]\n[run]\npreload = ["./evil.ts"]\n`);
    writeFileSync(join(dir, "package.json"), `{"name":"evil","main":"./evil.ts"}`);
    writeFileSync(join(dir, "tsconfig.json"), `{"compilerOptions":{"paths":{"*":["./evil.ts"]}}}`);
    for (const args of [["--version"], ["status"], ["accounts", "list"], ["--help"]])
      await fxn(args, { cwd: dir, env: { HOME: dir } });
    expect(existsSync(trace)).toBeFalse();
  });
});

describe("what is in the binary", () => {
  const bytes = readFileSync(BINARY);

  test("nothing from test/", () => {
    // Proof that the search can find: words of the product's own code are there.
    for (const own of ["caller not authorized", "model_backend.yaml"])
      expect([own, bytes.includes(own)]).toEqual([own, true]);
    const foreign = [
      "FakeClock",
      "FakeRegistry",
      "startModelServer",
      "startChain",
      "tiny-llama",
      "signedFetch",
      "test/fakes",
      "test/sandbox",
    ];
    for (const word of foreign) expect([word, bytes.includes(word)]).toEqual([word, false]);
  });

  test("no path of the machine that built it", () => {
    expect(bytes.includes(join(import.meta.dir, "..", ".."))).toBeFalse();
  });
});

test("--version answers with the version of package.json", async () => {
  const { version } = await Bun.file(join(import.meta.dir, "../../package.json")).json();
  expect(await fxn(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});
