import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostTarget } from "../../build/targets.ts";
import { signingKey, writeRelease } from "../../test/fakes/release.ts";
import { systemClock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { createFetch } from "../lib/fetch.ts";
import { parseMinisignKey } from "../lib/minisign.ts";
import { fetchArchive, parseSums, readRelease } from "./release.ts";
import { releaseFiles } from "./source.ts";
import { programOf } from "./unpack.ts";

const PROGRAM = Buffer.from("\x7fELF and so on ".repeat(100));
const HASH = "0".repeat(64);
const key = parseMinisignKey(signingKey().publicKey);
const target = hostTarget().name;
const fetch = createFetch(systemClock);

let folder = "";
let archive = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "fxn-release-"));
  archive = await writeRelease(folder, { version: "1.2.3", program: PROGRAM });
});
afterAll(() => rmSync(folder, { recursive: true }));

async function program(from = folder): Promise<Uint8Array> {
  const files = releaseFiles(from, fetch);
  return programOf(await fetchArchive(files, await readRelease(files, key), target));
}

describe("a release", () => {
  test("from a folder, and from a server that keeps its files elsewhere", async () => {
    expect(Buffer.from(await program()).equals(PROGRAM)).toBeTrue();
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch({ url }) {
        const { pathname } = new URL(url);
        if (pathname.startsWith("/files/")) return new Response(Bun.file(join(folder, pathname.slice(7))));
        return Response.redirect(`/files${pathname.slice("/latest".length)}`, 302);
      },
    });
    expect(Buffer.from(await program(`http://127.0.0.1:${server.port}/latest/`)).equals(PROGRAM)).toBeTrue();
    await server.stop(true);
  });

  test("attack: flipped bytes: of any byte of the sums, the signature or the archive", async () => {
    for (const name of ["SHA256SUMS", "SHA256SUMS.minisig", archive]) {
      const path = join(folder, name);
      const right = readFileSync(path);
      // The first line of a signature is a comment that nobody vouches for.
      const from = name.endsWith(".minisig") ? right.indexOf("\n") + 1 : 0;
      const step = Math.max(1, Math.floor((right.length - from) / 60));
      // A line's end may be missing or another: it says the same.
      for (let at = from; at < right.length - 1; at += step) {
        const wrong = Buffer.from(right);
        wrong[at] = (wrong[at] ?? 0) ^ 0x10;
        writeFileSync(path, wrong);
        expect(await program().then(() => `byte ${at} of ${name}`, messageOf)).toMatch(
          /not of these bytes|no signature as minisign|another key|not what its maker signed/,
        );
      }
      writeFileSync(path, right);
    }
    expect(Buffer.from(await program()).equals(PROGRAM)).toBeTrue();
  });

  test("attack: another key", async () => {
    const other = parseMinisignKey(signingKey(9).publicKey);
    expect(await readRelease(releaseFiles(folder, fetch), other).then(String, messageOf)).toContain(
      "not of these bytes",
    );
  });

  test("what is missing is named with its place", async () => {
    const files = releaseFiles("/nonexistent", fetch);
    expect(await readRelease(files, key).then(String, messageOf)).toContain("/nonexistent/SHA256SUMS");
    const release = parseSums(`${HASH}  fxn-1.0.0-windows-x64.zip\n`);
    expect(await fetchArchive(files, release, "linux-x64").then(String, messageOf)).toContain(
      "not released for linux-x64",
    );
  });

  test("attack: a signed archive without a program, or no archive at all", async () => {
    for (const bytes of [Buffer.from("nothing"), Bun.gzipSync(Buffer.alloc(1024))])
      expect(await programOf({ name: "x.tar.gz", bytes }).then(String, messageOf)).toContain("cannot be unpacked");
    expect(await programOf({ name: "x.zip", bytes: Buffer.from("PK") }).then(String, messageOf)).toContain("unpacked");
  });
});

describe("SHA256SUMS", () => {
  test("other files may stand there; the version is that of the archives", () => {
    const text = `${HASH}  fxn-1.2.3-rc.1-linux-x64-musl.tar.gz\n${HASH} *install.sh\n`;
    expect(parseSums(text)).toEqual({
      version: "1.2.3-rc.1",
      archives: [{ target: "linux-x64-musl", name: "fxn-1.2.3-rc.1-linux-x64-musl.tar.gz", sha256: HASH }],
      fixes: undefined,
    });
  });

  test.each([
    ["no line of sha256sum's", "hello\n"],
    ["nothing of fxn", `${HASH}  other.tar.gz\n`],
    ["two versions", `${HASH}  fxn-1.0.0-linux-x64.tar.gz\n${HASH}  fxn-1.0.1-linux-arm64.tar.gz\n`],
    ["one target twice", `${HASH}  fxn-1.0.0-linux-x64.tar.gz\n${HASH}  fxn-1.0.0-linux-x64.zip\n`],
    ["no version", `${HASH}  fxn-latest-linux-x64.tar.gz\n`],
    ["a path", `${HASH}  fxn-1.0.0-linux-x64/../../x.tar.gz\n`],
  ])("attack: signed, but with %s", (_, text) => {
    expect(() => parseSums(text)).toThrow("not understood");
  });
});

describe("where from", () => {
  test.each(["http://example.org/r", "ftp://127.0.0.1/r", "file:///etc", "http://127.0.0.1.evil.example/"])(
    "not %s",
    (from) => {
      expect(() => releaseFiles(from, fetch)).toThrow("is no https:// URL");
    },
  );

  test("attack: a redirect to plain http elsewhere, or round and round, is not followed", async () => {
    const places: Record<string, string> = {
      "/away/SHA256SUMS": "http://192.0.2.1/x",
      "/round/SHA256SUMS": "/round/SHA256SUMS",
    };
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: ({ url }) => Response.redirect(places[new URL(url).pathname] ?? "/", 302),
    });
    const got = (from: string) =>
      releaseFiles(`http://127.0.0.1:${server.port}/${from}`, fetch).get("SHA256SUMS", 100).then(String, messageOf);
    expect(await got("away")).toContain("is no https:// URL");
    expect(await got("round")).toContain("more than 5 redirects");
    await server.stop(true);
  });

  test("more than what was asked for is not read", async () => {
    const path = join(folder, "large");
    writeFileSync(path, "x".repeat(101));
    expect(await releaseFiles(folder, fetch).get("large", 100).then(String, messageOf)).toContain(
      "may have 100 bytes at most",
    );
  });
});
