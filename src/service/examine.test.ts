import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import vectors from "../../test/vectors/function.json";
import { Secret } from "../core/secret.ts";
import { formatGoNodeKey } from "../keys/go-nodekey.ts";
import { NODE_KEY, saveKey } from "../keys/key-store.ts";
import { encryptKey } from "../keys/keystore-v3.ts";
import { loadConfig } from "../networks/config.ts";
import { examine, type Wanted } from "./examine.ts";
import { launchd } from "./launchd.ts";
import { systemd } from "./systemd.ts";

const key = Buffer.from(vectors.keys.node.privateKey, "hex");
const uid = process.getuid?.() ?? 0;

let root = "";
let home = "";
let program = "";
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "fxn-service-")));
  home = join(root, "home");
  program = write("fxn", "", 0o755);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(name: string, text: string, mode = 0o600): string {
  const path = join(root, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

async function encrypted(): Promise<void> {
  saveKey(home, NODE_KEY, await encryptKey(key, new Secret("secret"), { n: 2 }));
}

const plain = () => saveKey(home, NODE_KEY, formatGoNodeKey(key));

async function look(change: Partial<Wanted> = {}, temporary: readonly string[] = []) {
  const place = { system: false, home, userHome: root, uid };
  const users = { byName: async () => ({ uid, gids: [] }), nameOf: async () => "ada" };
  const wanted = { manager: systemd, place, program: [program], user: undefined, passwordFile: undefined, ...change };
  const { service, problems } = await examine(wanted, { users, groups: ["video"], temporary }, loadConfig);
  return { service, codes: problems.map(({ code }) => code) };
}

describe("what would not start is found before it is installed", () => {
  test("a key without a password: nothing is at fault", async () => {
    plain();
    const { service, codes } = await look();
    expect(codes).toEqual([]);
    expect(service).toMatchObject({ home, program: [program], deadlineMs: 30_000, lowPort: false, groups: ["video"] });
  });

  test("no key", async () => {
    expect((await look()).codes).toEqual(["key_missing"]);
  });

  test("a key that others can read", async () => {
    chmodSync(plain(), 0o644);
    expect((await look()).codes).toEqual(["key_file_open_to_others"]);
  });

  test("a key with a password that nobody will be there to type", async () => {
    await encrypted();
    expect((await look()).codes).toEqual(["service_password_missing"]);
  });

  test("FXN_PASSWORD of this shell is not the service's", async () => {
    await encrypted();
    process.env.FXN_PASSWORD = "secret";
    const { codes } = await look().finally(() => delete process.env.FXN_PASSWORD);
    expect(codes).toEqual(["service_password_missing"]);
  });

  test("the password's file: right, wrong, open to others, not there", async () => {
    await encrypted();
    const password = async (passwordFile: string) => (await look({ passwordFile })).codes;
    expect(await password(write("right", "secret\n"))).toEqual([]);
    expect(await password(write("wrong", "other\n"))).toEqual(["key_wrong_password"]);
    expect(await password(write("empty", "\n"))).toEqual(["key_password_invalid"]);
    expect(await password(write("open", "secret\n", 0o644))).toEqual(["key_file_open_to_others"]);
    expect(await password(join(root, "gone"))).toEqual(["file_missing"]);
  });

  test("the password's file that config.yaml names", async () => {
    await encrypted();
    writeFileSync(join(home, "config.yaml"), "keystore:\n  passwordFile: pw\n");
    expect((await look()).codes).toEqual(["file_missing"]);
    write("home/pw", "secret\n");
    expect((await look()).codes).toEqual([]);
  });

  test("a wrong configuration; the rest is still described", async () => {
    plain();
    writeFileSync(join(home, "config.yaml"), "node:\n  listenPort: many\n");
    const { service, codes } = await look();
    expect(codes).toEqual(["config_invalid"]);
    expect(service.deadlineMs).toBe(30_000);
  });

  test("what the configuration says of ports and of the end", async () => {
    plain();
    writeFileSync(join(home, "config.yaml"), "node:\n  listenPort: 443\nshutdown:\n  deadline: 2m\n");
    expect((await look()).service).toMatchObject({ deadlineMs: 120_000, lowPort: true });
  });

  test("a program, or a home, in a folder that is emptied", async () => {
    plain();
    expect((await look({}, [root])).codes).toEqual(["service_binary_temporary"]);
    expect((await look({ program: [process.execPath] }, [root])).codes).toEqual(["service_home_temporary"]);
    // A name that begins alike is another folder.
    expect((await look({}, [root.slice(0, -1)])).codes).toEqual([]);
  });

  test("a path that cannot be written down", async () => {
    plain();
    const { codes } = await look({ passwordFile: `${root}/a\nExecStartPre=/evil` });
    expect(codes).toContain("service_text_invalid");
  });
});

describe.skipIf(uid !== 0)(`as root${uid === 0 ? "" : " (skipped: not root)"}`, () => {
  const place = () => ({ system: true, home, userHome: root, uid });

  test("a home of root's is refused, and described with what is wanted", async () => {
    plain();
    expect((await look({ place: place() })).codes).toEqual(["service_home_of_other"]);
  });

  test("another user's program in a folder of root's, and its password: systemd reads it, launchd could not", async () => {
    await encrypted();
    for (const path of [home, join(home, "nodekey.json")]) chown(path);
    const passwordFile = write("pw", "secret\n");
    const users = { byName: async () => ({ uid: OTHER, gids: [] }), nameOf: async () => "ada" };
    const codes = async (manager: typeof systemd) =>
      (
        await examine(
          { manager, place: place(), program: [program], user: undefined, passwordFile },
          { users, groups: [], temporary: [] },
          loadConfig,
        )
      ).problems.map(({ code }) => code);
    expect(await codes(systemd)).toEqual(["service_unreadable"]);
    chmodSync(root, 0o755);
    expect(await codes(systemd)).toEqual([]);
    expect(await codes(launchd)).toEqual(["service_unreadable"]);
  });
});

const OTHER = 65_533;

function chown(path: string): void {
  Bun.spawnSync(["chown", String(OTHER), path]);
}
