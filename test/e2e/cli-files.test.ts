// Files that are named to commands and in settings: none is waited for without end, and a missing one is said in a line.
import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import vectors from "../vectors/function.json";
import { fxn, makeHome, removeHome, writeConfig, writeGoKey } from "./node.ts";

const homes: string[] = [];
afterAll(() => homes.forEach(removeHome));

function home(config: unknown = {}): string {
  const made = makeHome();
  homes.push(made);
  writeConfig(made, config);
  writeGoKey(made, vectors.keys.node);
  return made;
}

describe("--home", () => {
  const COMMANDS = [
    ["status"],
    ["start"],
    ["config", "check"],
    ["init", "--yes"],
    ["infernet", "init"],
    ["accounts", "list"],
  ];

  test.each(COMMANDS)("%s: a file, and a name that is empty, are refused as what they are", async (...command) => {
    const file = join(home(), "nodekey.json");
    const refused = { code: 2, stdout: "" };
    expect(await fxn([...command, "--home", file])).toEqual({
      ...refused,
      stderr: `fxn: --home: ${file} is no folder\n`,
    });
    const empty = { ...refused, stderr: "fxn: --home: the folder's name is empty\n" };
    expect(await fxn([...command, "--home", ""])).toEqual(empty);
    const variable = await fxn(command, { env: { FXN_HOME: file } });
    expect(variable).toEqual({ ...refused, stderr: `fxn: FXN_HOME: ${file} is no folder\n` });
  });

  test("an empty FXN_HOME is none, and not the folder that one is in", async () => {
    const cwd = home();
    const { stdout } = await fxn(["accounts", "list"], { cwd, env: { HOME: cwd, FXN_HOME: "" } });
    expect(stdout).toContain(`No keys in ${join(cwd, ".fxn")}`);
  });

  test.skipIf(process.platform === "win32")(
    "a config.yaml that cannot be read stops who would change it, in a line",
    async () => {
      const dir = home();
      rmSync(join(dir, "config.yaml"));
      Bun.spawnSync(["mkfifo", join(dir, "config.yaml")]);
      const { code, stderr } = await fxn(["infernet", "init", "--name", "x", "--insecure-plaintext", "--home", dir]);
      expect([code, stderr.includes("config.yaml: cannot be read: it is no file"), /^ +at /m.test(stderr)]).toEqual([
        78,
        true,
        false,
      ]);
    },
  );
});

test("an option of oarn init with nothing in it is refused before anything is written", async () => {
  const dir = home();
  for (const option of ["--directory", "--ipfs"]) {
    const { code, stderr } = await fxn(["oarn", "init", `${option}=`, "--home", dir]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^fxn: networks\.oarn\.\S+ is to be changed to nothing/)]);
  }
  expect(readFileSync(join(dir, "config.yaml"), "utf8")).toBe("{}\n");
});

describe("a file that is named to a command", () => {
  test.each([
    [
      "request",
      ["request", "/v1/models", "@/nonexistent/body.json"],
      "BODY: /nonexistent/body.json cannot be read: ENOENT",
    ],
    ["request, with no name", ["request", "/v1/models", "@"], "BODY: the file's name is missing"],
    ["request, a folder", ["request", "/v1/models", "@/"], "BODY: / cannot be read: it is no file"],
    [
      "bugreport",
      ["bugreport", "--log", "/nonexistent/log", "--yes"],
      "--log: /nonexistent/log cannot be read: ENOENT",
    ],
  ])("%s: one line that says which, exit code 2", async (_, args, expected) => {
    const { code, stderr } = await fxn([...args, "--home", home()]);
    expect(stderr.trim().split("\n")).toEqual([expect.stringContaining(`fxn: ${expected}`)]);
    expect(code).toBe(2);
  });

  test("networks import: what is no text is said in a line", async () => {
    const dir = home();
    writeFileSync(join(dir, "utf16.json"), Buffer.from("\uFEFF{}", "utf16le"));
    for (const [file, why] of [
      [join(dir, "utf16.json"), "it is not UTF-8 text, but UTF-16: save it as UTF-8"],
      [dir, "it is no file"],
    ] as const) {
      const { code, stderr } = await fxn(["networks", "import", "infernet", file, "--home", dir]);
      expect([code, stderr]).toEqual([1, `fxn: ${file} cannot be read: ${why}\n`]);
    }
  });

  test.skipIf(process.platform === "win32")("attack: a device without end", async () => {
    const { code, stderr } = await fxn(["request", "/v1/models", "@/dev/zero", "--home", home()]);
    expect([code, stderr]).toEqual([2, "fxn: BODY: /dev/zero cannot be read: it has more than 100 MB\n"]);
  });
});

describe.skipIf(process.platform === "win32")(
  "attack: a pipe into which nobody writes, where a setting names a file",
  () => {
    const pipe = (dir: string, name: string) => void Bun.spawnSync(["mkfifo", "-m", "600", join(dir, name)]);

    test("keystore.passwordFile, and the key itself", async () => {
      const dir = home({ keystore: { passwordFile: "password" } });
      pipe(dir, "password");
      expect((await fxn(["accounts", "new", "--name", "more", "--home", dir])).stderr).toContain("it is no file");
      const none = makeHome();
      homes.push(none);
      pipe(none, "nodekey.json");
      expect((await fxn(["accounts", "get", "--home", none])).stderr).toContain("it is no file");
    });

    test("the credential of a model server, and node.tls.keyFile", async () => {
      const dir = home({ node: { tls: { certFile: "tls.crt", keyFile: "tls.key" } } });
      pipe(dir, "token");
      pipe(dir, "tls.key");
      writeFileSync(join(dir, "model_backend.yaml"), "url: http://127.0.0.1:1\nbearerTokenFile: token\n", {
        mode: 0o600,
      });
      const { code, stderr } = await fxn(["config", "check", "--home", dir]);
      expect([code, stderr]).toEqual([78, expect.stringContaining('the file "token" cannot be read: it is no file')]);
      writeFileSync(join(dir, "model_backend.yaml"), "url: http://127.0.0.1:1\n", { mode: 0o600 });
      const tls = await fxn(["config", "check", "--home", dir]);
      expect([tls.code, tls.stderr]).toEqual([78, expect.stringMatching(/tls\.key could not be read: it is no file/)]);
    });
  },
);
