// The account commands as a person or script runs them: what they print, write, refuse and leave alone.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { Cli } from "clipanion";
import { Secret } from "../../src/core/secret.ts";
import { formatGoNodeKey } from "../../src/keys/go-nodekey.ts";
import { NODE_KEY, NOSTR_KEY, openNostr, openSigner, saveKey } from "../../src/keys/key-store.ts";
import { encryptKey } from "../../src/keys/keystore-v3.ts";
import vectors from "../../test/vectors/function.json";
import nostr from "../../test/vectors/nostr-keys.json";
import { AccountsExportCommand } from "./export.ts";
import { AccountsGetCommand } from "./get.ts";
import { AccountsImportCommand } from "./import.ts";
import { AccountsListCommand } from "./list.ts";
import { AccountsNewCommand } from "./new.ts";

const { node, gateway } = vectors.keys;
const nodeKey = Buffer.from(node.privateKey, "hex");
const nostrNode = nostr.keys.node;
const nostrKey = Buffer.from(nostrNode.privateKeyHex, "hex");
const secret = new Secret("correct horse");

let root = "";
let home = "";
let passwordFile = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fxn-accounts-"));
  home = join(root, "home");
  passwordFile = write("password", `${secret.reveal()}\n`);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(name: string, text: string): string {
  writeFileSync(join(root, name), text, { mode: 0o600 });
  return join(root, name);
}

async function fxn(args: string[], options: { stdin?: string; env?: Record<string, string> } = {}) {
  const shown = { out: "", err: "" };
  const sink = (to: "out" | "err") =>
    new Writable({
      write(chunk, _encoding, done) {
        shown[to] += String(chunk);
        done();
      },
    });
  const cli = new Cli({ binaryName: "fxn" });
  for (const command of [
    AccountsNewCommand,
    AccountsGetCommand,
    AccountsListCommand,
    AccountsImportCommand,
    AccountsExportCommand,
  ]) {
    cli.register(command);
  }
  const code = await cli.run([...args, "--home", home], {
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
    stdout: sink("out"),
    stderr: sink("err"),
    env: options.env ?? {},
    colorDepth: 1,
  });
  return { code, ...shown };
}

const modeOf = (path: string) => statSync(path).mode & 0o777;
const posix = process.platform !== "win32";

describe("accounts new", () => {
  test("writes an encrypted key, 0600 in a 0700 home, that opens with its password", async () => {
    const { code, out } = await fxn(["accounts", "new", "--password-file", passwordFile]);
    expect(code).toBe(0);
    const path = join(home, "nodekey.json");
    if (posix) expect([modeOf(home), modeOf(path)]).toEqual([0o700, 0o600]);
    const signer = await openSigner(home, NODE_KEY, async () => secret);
    expect(out).toContain(signer.checksumAddress);
    expect(out).toContain(path);
    expect(out).toContain("Back up");
    expect(readFileSync(path, "utf8")).toContain("scrypt");
    expect(readFileSync(path, "utf8")).not.toContain("private_key");
  });

  test("plain text only when told; JSON for scripts; the alias", async () => {
    const { code, out } = await fxn(["account", "new", "--name", "gw", "--insecure-plaintext", "--json"]);
    expect(code).toBe(0);
    const printed = JSON.parse(out);
    expect(printed).toMatchObject({ name: "gw", encrypted: false, path: join(home, "keys", "gw.json") });
    const stored = JSON.parse(readFileSync(printed.path, "utf8"));
    expect(stored.address).toBe(printed.address);
    expect(out).not.toContain(stored.private_key);
  });

  test("never overwrites, and says so before it asks for a password", async () => {
    const path = saveKey(home, NODE_KEY, formatGoNodeKey(nodeKey));
    const { code, err } = await fxn(["accounts", "new"]);
    expect(code).toBe(1);
    expect(err).toContain("left as it is");
    expect(readFileSync(path, "utf8")).toBe(formatGoNodeKey(nodeKey));
  });

  test("with no terminal and no password it writes nothing and exits 77", async () => {
    const { code, err } = await fxn(["accounts", "new"]);
    expect(code).toBe(77);
    expect(err).toContain("--password-file");
    expect(existsSync(home)).toBe(false);
  });

  test("there is no flag for the password itself", async () => {
    const { code } = await fxn(["accounts", "new", "--password", "x"]);
    expect(code).toBe(1);
    expect(existsSync(home)).toBe(false);
  });

  test("a Nostr key is called nostr, shows its npub, and opens as an identity", async () => {
    const { code, out } = await fxn(["accounts", "new", "--nostr", "--password-file", passwordFile]);
    expect(code).toBe(0);
    const { npub, pubkey } = await openNostr(home, NOSTR_KEY, async () => secret);
    expect(out).toContain(`npub     ${npub}`);
    expect(out).toContain("networks.<id>.account: nostr");
    expect(out).not.toContain("Address");
    const path = join(home, "keys", "nostr.json");
    expect(JSON.parse(readFileSync(path, "utf8")).fxn).toEqual({ kind: "nostr", nostrPubkey: pubkey });
    expect((await fxn(["accounts", "new", "--nostr"])).err).toContain("left as it is");
    expect(existsSync(join(home, "nodekey.json"))).toBe(false);
  });

  test("a Nostr key in plain text, of another name, as JSON", async () => {
    const args = ["accounts", "new", "--nostr", "--name", "fedai", "--insecure-plaintext", "--json"];
    const printed = JSON.parse((await fxn(args)).out);
    const { npub, pubkey } = await openNostr(home, "fedai", async () => secret);
    expect(printed).toMatchObject({
      schema: 1,
      name: "fedai",
      kind: "nostr",
      npub,
      nostrPubkey: pubkey,
      encrypted: false,
    });
    expect((await openSigner(home, "fedai", async () => secret)).checksumAddress).toBe(printed.address);
  });

  test("FXN_PASSWORD works, with a warning", async () => {
    const { code, err } = await fxn(["accounts", "new"], { env: { FXN_PASSWORD: secret.reveal() } });
    expect(code).toBe(0);
    expect(err).toContain("FXN_PASSWORD");
    expect(err).not.toContain(secret.reveal());
  });

  test("the password file that config.yaml names, relative to home", async () => {
    mkdirSync(home, { mode: 0o700 });
    writeFileSync(join(home, "config.yaml"), "keystore:\n  passwordFile: ../password\n");
    expect((await fxn(["accounts", "new"])).code).toBe(0);
    expect((await openSigner(home, NODE_KEY, async () => secret)).address).toBeTruthy();
    saveKey(home, "cheap", await encryptKey(nodeKey, secret, { n: 2 }));
    expect((await fxn(["accounts", "get", "--unlock", "--name", "cheap"])).code).toBe(0);
  });

  test("--password-fd must be a number", async () => {
    const { code, err } = await fxn(["accounts", "new", "--password-fd", "x"]);
    expect(code).toBe(2);
    expect(err).toContain("number");
  });
});

describe("accounts get and list", () => {
  test("an encrypted key tells its address without the password, its public key with it", async () => {
    saveKey(home, NODE_KEY, await encryptKey(nodeKey, secret, { n: 2 }));
    const locked = await fxn(["accounts", "get"]);
    expect(locked.out).toContain(node.address);
    expect(locked.out).not.toContain(node.publicKeyUncompressed);
    const opened = await fxn(["accounts", "get", "--unlock", "--json", "--password-file", passwordFile]);
    expect(JSON.parse(opened.out)).toMatchObject({ address: node.address, publicKey: node.publicKeyUncompressed });
    const wrong = await fxn(["accounts", "get", "--unlock", "--password-file", write("wrong", "x")]);
    expect(wrong.code).toBe(77);
  });

  test("a Nostr key is shown by its npub, without the password; the node's key tells its own too", async () => {
    saveKey(home, NODE_KEY, await encryptKey(nostrKey, secret, { n: 2 }));
    saveKey(home, NOSTR_KEY, await encryptKey(nostrKey, secret, { n: 2, kind: "nostr" }));
    const { out } = await fxn(["accounts", "get", "--name", "nostr"]);
    expect(out).toContain(`npub        ${nostrNode.npub}\nnpub as hex ${nostrNode.publicKeyXOnlyHex}\nFile`);
    expect(out).not.toContain("Address");
    expect((await fxn(["accounts", "get"])).out).toContain(nostrNode.npub);
    const printed = JSON.parse((await fxn(["accounts", "get", "--name", "nostr", "--json"])).out);
    const { npub, publicKeyXOnlyHex } = nostrNode;
    expect(printed).toMatchObject({ schema: 1, kind: "nostr", npub, nostrPubkey: publicKeyXOnlyHex, publicKey: null });
    const list = await fxn(["accounts", "list"]);
    expect(list.out).toContain(`nostr  ${npub}  encrypted`);
    const entries = JSON.parse((await fxn(["accounts", "list", "--json"])).out);
    expect(entries).toMatchObject([
      { name: "node", kind: "ethereum", npub },
      { name: "nostr", kind: "nostr", npub, nostrPubkey: publicKeyXOnlyHex },
    ]);
    expect(list.out + JSON.stringify(entries)).not.toContain("nsec");
  });

  test("the npub of another program's keystore needs the password", async () => {
    const { fxn: label, ...file } = JSON.parse(await encryptKey(nostrKey, secret, { n: 2 }));
    saveKey(home, NODE_KEY, JSON.stringify(file));
    expect((await fxn(["accounts", "get"])).out).toContain("npub        encrypted; shown with --unlock");
    const opened = await fxn(["accounts", "get", "--unlock", "--password-file", passwordFile]);
    expect(opened.out).toContain(nostrNode.npub);
    expect(JSON.parse((await fxn(["accounts", "list", "--json"])).out)).toMatchObject([{ npub: null }]);
  });

  test("the Go node's key", async () => {
    saveKey(home, NODE_KEY, formatGoNodeKey(nodeKey));
    const { out } = await fxn(["account", "get"]);
    expect(out).toContain(node.address);
    expect(out).toContain(node.publicKeyUncompressed);
    expect(out).not.toContain(node.privateKey);
  });

  test("they write nothing, not even the home folder", async () => {
    expect((await fxn(["accounts", "get"])).code).toBe(1);
    expect((await fxn(["accounts", "list"])).out).toContain("fxn accounts new");
    expect(existsSync(home)).toBe(false);
  });

  test.if(posix)("a key file that others can read is refused with exit 77", async () => {
    chmodSync(saveKey(home, NODE_KEY, formatGoNodeKey(nodeKey)), 0o644);
    const { code, err } = await fxn(["accounts", "get"]);
    expect(code).toBe(77);
    expect(err).toContain("chmod 600");
  });

  test("list: for a person and as JSON", async () => {
    saveKey(home, NODE_KEY, formatGoNodeKey(nodeKey));
    saveKey(home, "gateway", await encryptKey(Buffer.from(gateway.privateKey, "hex"), secret, { n: 2 }));
    saveKey(home, "broken", "{}");
    const { out } = await fxn(["accounts", "list"]);
    expect(out).toContain(`node     ${node.address}  NOT encrypted`);
    expect(out).toContain(`gateway  ${gateway.address}  encrypted`);
    expect(out).toContain("broken   unusable");
    const entries = JSON.parse((await fxn(["account", "list", "--json"])).out);
    expect(entries.map(({ name, address }: { name: string; address: string }) => [name, address])).toEqual([
      ["node", node.address],
      ["broken", null],
      ["gateway", gateway.address],
    ]);
    expect(JSON.stringify(entries)).not.toContain(node.privateKey);
  });
});

describe("accounts import", () => {
  test("from standard input, encrypted with a new password", async () => {
    const args = ["accounts", "import", "-", "--password-file", passwordFile, "--json"];
    const { code, out } = await fxn(args, { stdin: `0x${node.privateKey}\n` });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ address: node.address, form: "hex", encrypted: true });
    expect((await openSigner(home, NODE_KEY, async () => secret)).checksumAddress).toBe(node.address);
  });

  test("the Go node's file, kept in plain text when told", async () => {
    const file = write("old.json", formatGoNodeKey(nodeKey));
    const { code, out } = await fxn(["accounts", "import", file, "--insecure-plaintext"]);
    expect(code).toBe(0);
    expect(out).toContain(node.address);
    expect(readFileSync(join(home, "nodekey.json"), "utf8")).toBe(formatGoNodeKey(nodeKey));
  });

  test("a keystore opens with its own password and keeps it; weak parameters are not kept", async () => {
    const file = write("geth", await encryptKey(nodeKey, secret, { n: 2 }));
    const args = ["accounts", "import", file, "--name", "second", "--password-file", passwordFile];
    expect((await fxn(args)).code).toBe(0);
    expect((await openSigner(home, "second", async () => secret)).checksumAddress).toBe(node.address);
    expect(readFileSync(join(home, "keys", "second.json"), "utf8")).toContain('"n": 262144');
  });

  test("an account of a recovery phrase", async () => {
    const file = write("phrase", "test test test test test test test test test test test junk\n");
    const { out } = await fxn(["accounts", "import", file, "--account-index", "1", "--insecure-plaintext"]);
    expect(out).toContain("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
    const wrong = await fxn(["accounts", "import", file, "--name", "x", "--account-index", "-1"]);
    expect(wrong.code).toBe(1);
  });

  test("an nsec becomes the key called nostr; --name, --nostr and --no-nostr say otherwise", async () => {
    const bring = async (stdin: string, ...args: string[]) => {
      const { code, out } = await fxn(["accounts", "import", "-", "--insecure-plaintext", "--json", ...args], {
        stdin,
      });
      return code === 0 ? JSON.parse(out) : code;
    };
    const { nsec, npub, privateKeyHex } = nostrNode;
    expect(await bring(nsec)).toMatchObject({ name: "nostr", kind: "nostr", form: "nsec", npub });
    expect(await bring(nsec)).toBe(1);
    expect(await bring(nsec, "--name", "fedai")).toMatchObject({ name: "fedai", kind: "nostr" });
    expect(await bring(nsec, "--name", "node")).toMatchObject({ name: "node", kind: "ethereum", npub });
    expect(await bring(nsec, "--name", "e", "--no-nostr")).toMatchObject({ kind: "ethereum" });
    expect(await bring(privateKeyHex, "--nostr", "--name", "n")).toMatchObject({ kind: "nostr", form: "hex", npub });
    for (const name of ["nostr", "node", "e"]) {
      const { pubkey } = await openNostr(home, name, async () => secret);
      expect(pubkey).toBe(nostrNode.publicKeyXOnlyHex);
    }
    const shown = await fxn(["accounts", "import", "-", "--insecure-plaintext", "--name", "x"], { stdin: nsec });
    expect(shown.out).toContain(`npub     ${npub} (from nsec)`);
    expect(shown.out).toContain("the npub you expected");
    expect(shown.out + shown.err).not.toContain(nsec);
  });

  test("what is no private key of Nostr is named, not repeated, and not stored", async () => {
    saveKey(home, NOSTR_KEY, await encryptKey(nostrKey, secret, { n: 2, kind: "nostr" }));
    const { nsec, npub, publicKeyXOnlyHex } = nostrNode;
    const cases = [
      [npub, "a public key; a private key begins with nsec1"],
      [`nostr:${npub}`, "a public key"],
      [nsec.replace(/.$/, "q"), "typing mistake"],
      [publicKeyXOnlyHex, `public key of "nostr"`],
    ] as const;
    for (const [stdin, said] of cases) {
      const { code, out, err } = await fxn(["accounts", "import", "-", "--nostr", "--name", "x"], { stdin });
      expect(code).toBe(1);
      expect(err).toContain(said);
      expect(out + err).not.toContain(stdin);
    }
    expect(existsSync(join(home, "keys", "x.json"))).toBe(false);
  });

  test("a key on the command line is refused and not repeated", async () => {
    const { nsec, privateKeyHex } = nostrNode;
    const encrypted = `ncryptsec1${"q".repeat(150)}`;
    for (const text of [privateKeyHex, `0x${privateKeyHex}`, nsec, nsec.toUpperCase(), `nostr:${nsec}`, encrypted]) {
      const { code, err, out } = await fxn(["accounts", "import", text, "--insecure-plaintext"]);
      expect(code).toBe(1);
      expect(err).toContain("history");
      expect(err + out).not.toContain(text);
    }
    expect(existsSync(home)).toBe(false);
  });

  test("never overwrites; wrong password and wrong text write nothing", async () => {
    const keystore = write("geth", await encryptKey(nodeKey, new Secret("other"), { n: 2 }));
    expect((await fxn(["accounts", "import", keystore, "--password-file", passwordFile])).code).toBe(77);
    expect((await fxn(["accounts", "import", "-"], { stdin: "nonsense" })).code).toBe(1);
    expect((await fxn(["accounts", "import", "-"], { stdin: "f".repeat(70_000) })).code).toBe(1);
    expect(existsSync(home)).toBe(false);
    const path = saveKey(home, NODE_KEY, formatGoNodeKey(nodeKey));
    const again = await fxn(["accounts", "import", "-", "--insecure-plaintext"], { stdin: gateway.privateKey });
    expect(again.err).toContain("already");
    expect(readFileSync(path, "utf8")).toBe(formatGoNodeKey(nodeKey));
  });
});

describe("accounts export", () => {
  const out = () => join(root, "copy");

  test("asks, so a script without --yes is refused and nothing is written", async () => {
    saveKey(home, NODE_KEY, formatGoNodeKey(nodeKey));
    const { code, err } = await fxn(["accounts", "export", "--out", out(), "--insecure-plaintext"]);
    expect(code).toBe(1);
    expect(err).toContain("--yes");
    expect(existsSync(out())).toBe(false);
  });

  test("an encrypted key is exported as a keystore under the same password", async () => {
    saveKey(home, NODE_KEY, await encryptKey(nodeKey, secret, { n: 2 }));
    const { code } = await fxn(["accounts", "export", "--out", out(), "--yes", "--password-file", passwordFile]);
    expect(code).toBe(0);
    if (posix) expect(modeOf(out())).toBe(0o600);
    const back = [
      "accounts",
      "import",
      out(),
      "--name",
      "back",
      "--password-file",
      passwordFile,
      "--insecure-plaintext",
    ];
    expect((await fxn(back)).out).toContain(node.address);
  });

  test("the bare key goes to the file, never to the terminal, and over nothing", async () => {
    saveKey(home, NODE_KEY, formatGoNodeKey(nodeKey));
    const args = ["accounts", "export", "--out", out(), "--yes", "--insecure-plaintext"];
    const { code, out: printed } = await fxn(args);
    expect(code).toBe(0);
    expect(printed).not.toContain(node.privateKey);
    expect(readFileSync(out(), "utf8")).toBe(`${node.privateKey}\n`);
    const again = await fxn(args);
    expect(again.code).toBe(1);
    expect(again.err).toContain("already");
  });

  test("an nsec goes to a new file too, after the same questions", async () => {
    saveKey(home, NOSTR_KEY, await encryptKey(nostrKey, secret, { n: 2, kind: "nostr" }));
    const args = ["accounts", "export", "--name", "nostr", "--nsec", "--out", out(), "--password-file", passwordFile];
    const unasked = await fxn(args);
    expect([unasked.code, existsSync(out())]).toEqual([1, false]);
    const { code, out: printed } = await fxn([...args, "--yes"]);
    expect(code).toBe(0);
    expect(printed).toContain(nostrNode.npub);
    expect(printed).toContain("NOT encrypted");
    expect(printed).not.toContain(nostrNode.nsec);
    expect(readFileSync(out(), "utf8")).toBe(`${nostrNode.nsec}\n`);
    if (posix) expect(modeOf(out())).toBe(0o600);
    expect((await fxn([...args, "--yes"])).code).toBe(1);
  });

  test("a keystore of a Nostr key stays one of a Nostr key", async () => {
    saveKey(home, NOSTR_KEY, await encryptKey(nostrKey, secret, { n: 2, kind: "nostr" }));
    const args = ["accounts", "export", "--name", "nostr", "--out", out(), "--yes", "--password-file", passwordFile];
    expect((await fxn(args)).code).toBe(0);
    expect(JSON.parse(readFileSync(out(), "utf8")).fxn).toMatchObject({ kind: "nostr" });
  });
});
