import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Authority } from "../../test/fakes/authority.ts";
import { expiryOf, readTlsFiles, TlsFilesError, type TlsPaths, uselessAuthorities } from "./tls-files.ts";

const NOW = Date.parse("2026-06-01T00:00:00Z");
const home = mkdtempSync(join(tmpdir(), "fxn-tls-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const authority = new Authority();
const good = authority.issue({ name: "node.example" });
const other = authority.issue({ name: "other.example" });

function write(name: string, text: string, mode = 0o600): string {
  writeFileSync(join(home, name), text, { mode });
  chmodSync(join(home, name), mode);
  return name;
}

function problemsOf(paths: TlsPaths): string[] {
  try {
    readTlsFiles("node.tls", paths, home, NOW);
  } catch (error) {
    if (!(error instanceof TlsFilesError)) throw error;
    return error.problems.map(({ setting, message }) => `${setting}: ${message.replaceAll(home, "HOME")}`);
  }
  return [];
}

const certFile = write("good.crt", good.cert, 0o644);
const keyFile = write("good.key", good.key);

describe("the files of a certificate", () => {
  test("no file named is no TLS", () => {
    expect(readTlsFiles("node.tls", {}, home, NOW)).toBeUndefined();
  });

  test("a pair that fits is read as it is, and its end is known", () => {
    const texts = readTlsFiles("node.tls", { certFile, keyFile }, home, NOW);
    expect(texts).toEqual({ cert: good.cert, key: good.key, clientCa: undefined });
    expect(texts && new Date(expiryOf(texts)).toISOString()).toBe("2120-01-01T00:00:00.000Z");
  });

  test("a chain, and several authorities of callers", () => {
    const chain = write("chain.crt", good.cert + authority.cert, 0o644);
    const clientCaFile = write("ca.crt", authority.cert + new Authority("another").cert, 0o644);
    expect(problemsOf({ certFile: chain, keyFile, clientCaFile })).toEqual([]);
  });

  test("an authority that has expired beside one that has not is said, and keeps nothing from being used; alone it is refused", () => {
    const over = new Authority("old", new Date("2026-05-31T00:00:00Z")).cert;
    const mixed = over + authority.cert;
    const texts = readTlsFiles(
      "node.tls",
      { certFile, keyFile, clientCaFile: write("mixed.crt", mixed, 0o644) },
      home,
      NOW,
    );
    expect(texts?.clientCa).toBe(mixed);
    expect(texts && uselessAuthorities(texts, NOW)).toEqual(["it expired on 2026-05-31: renew it"]);
    expect(texts && uselessAuthorities({ ...texts, clientCa: authority.cert }, NOW)).toEqual([]);
    expect(problemsOf({ certFile, keyFile, clientCaFile: write("over.crt", over + over, 0o644) })).toEqual([
      "clientCaFile: it expired on 2026-05-31: renew it",
      "clientCaFile: it expired on 2026-05-31: renew it",
    ]);
  });

  test.each<[string, () => TlsPaths, string[]]>([
    [
      "half of a pair",
      () => ({ certFile }),
      ["keyFile: missing: certFile and keyFile belong together, half of it would be served as plain HTTP"],
    ],
    [
      "a missing file, and every other mistake at once",
      () => ({ certFile: "none.crt", keyFile: "none.key" }),
      [
        "certFile: HOME/none.crt cannot be read (ENOENT): check the path, and that this user may read it",
        "keyFile: HOME/none.key does not exist (Check the path.)",
      ],
    ],
    [
      "a key of another certificate",
      () => ({ certFile, keyFile: write("other.key", other.key) }),
      ["keyFile: it is not the key of the certificate in certFile: name the two files that were made together"],
    ],
    [
      "certificate and key swapped",
      () => ({ certFile: write("a.key", good.key), keyFile: write("a.crt", good.cert) }),
      [
        "certFile: HOME/a.key holds a private key: were certFile and keyFile swapped?",
        "keyFile: HOME/a.crt holds a certificate: were certFile and keyFile swapped?",
      ],
    ],
    [
      "a key beside the certificate",
      () => ({ certFile: write("both.pem", good.cert + good.key), keyFile }),
      ["certFile: HOME/both.pem holds a private key beside the certificate: keep the key in keyFile alone"],
    ],
    [
      "an expired certificate",
      () => {
        const old = authority.issue({ name: "old", to: new Date("2026-05-31T12:00:00Z") });
        return { certFile: write("old.crt", old.cert), keyFile: write("old.key", old.key) };
      },
      ["certFile: it expired on 2026-05-31: renew it"],
    ],
    [
      "one of tomorrow",
      () => {
        const young = authority.issue({ name: "young", from: new Date("2026-06-02T00:00:00Z") });
        return { certFile: write("young.crt", young.cert), keyFile: write("young.key", young.key) };
      },
      ["certFile: it is valid from 2026-06-02 on: is this machine's clock right?"],
    ],
    [
      "an encrypted key",
      () => ({ certFile, keyFile: write("e.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n") }),
      ["keyFile: HOME/e.key is encrypted with a password: write it without one (openssl pkey -in … -out …), mode 0600"],
    ],
    [
      "half written files",
      () => ({
        certFile: write("half.crt", good.cert.slice(0, 200)),
        keyFile: write("half.key", good.key.slice(0, 60)),
      }),
      [
        "certFile: HOME/half.crt holds no certificate in PEM form",
        "keyFile: HOME/half.key holds a key that cannot be read",
      ],
    ],
    [
      "authorities that are none",
      () => ({ certFile, keyFile, clientCaFile: write("no.crt", "hello") }),
      ["clientCaFile: HOME/no.crt holds no certificate in PEM form"],
    ],
  ])("%s is refused, and what to do is said", (_, paths, expected) => {
    expect(problemsOf(paths())).toEqual(expected);
  });

  test("a key that others can read is refused; one that root has opened to this process's group is not", () => {
    for (const mode of [0o644, 0o604, 0o660]) {
      expect(problemsOf({ certFile, keyFile: write("open.key", good.key, mode) })[0]).toContain("by other users");
    }
    const mine = process.getuid?.() === 0;
    expect(problemsOf({ certFile, keyFile: write("group.key", good.key, 0o640) })).toHaveLength(mine ? 0 : 1);
  });

  test.skipIf(process.platform === "win32")(
    "attack: a certificate or key that is a pipe, a device or a folder is refused before it is read: the node looks while it serves",
    () => {
      Bun.spawnSync(["mkfifo", join(home, "pipe.crt")]);
      for (const wrong of ["pipe.crt", "/dev/zero", "."])
        for (const files of [
          { certFile: wrong, keyFile },
          { certFile, keyFile: wrong },
          { certFile, keyFile, clientCaFile: wrong },
        ])
          expect(problemsOf(files)).toEqual([expect.stringContaining("it is no file")]);
    },
  );

  test("no part of a key is in any message", () => {
    const secret = "MIGHAgEAMBMGByqGSM49CANARY";
    write("bad.key", `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`);
    expect(problemsOf({ certFile, keyFile: "bad.key" }).join()).not.toContain("CANARY");
  });
});
