// The peer key's file: made once, private, and refused when it is not what it should be.
import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadPeerKey } from "./peer-key.ts";

const folder = mkdtempSync(join(tmpdir(), "oarn-key-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("is made once, and nothing is left beside it", async () => {
  const home = join(folder, "once");
  const first = await loadPeerKey(home);
  expect((await loadPeerKey(home)).equals(first)).toBeTrue();
  expect(statSync(join(home, "peer.key")).mode & 0o777).toBe(0o600);
  expect(readdirSync(home)).toEqual(["peer.key"]);
});

test("that others can read is refused", async () => {
  const home = join(folder, "open");
  await loadPeerKey(home);
  chmodSync(join(home, "peer.key"), 0o644);
  expect(loadPeerKey(home)).rejects.toThrow("can be read");
});

test.each(["", "nonsense", Buffer.alloc(68).toString("base64")])(
  "that holds %p is refused, not replaced",
  async (text) => {
    const home = mkdtempSync(join(folder, "bad-"));
    writeFileSync(join(home, "peer.key"), text, { mode: 0o600 });
    expect(loadPeerKey(home)).rejects.toThrow("holds no Ed25519 key");
  },
);
