// A Nostr key's life through the compiled binary: made, shown, exported, brought back, and never printed.
import { afterAll, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import vectors from "../vectors/nostr-keys.json";
import { fxn, makeHome, removeHome } from "./node.ts";

const home = makeHome();
const outside = makeHome();
const password = join(outside, "password");
writeFileSync(password, "correct horse\n", { mode: 0o600 });
afterAll(() => [home, outside].forEach(removeHome));

const accounts = (...words: string[]) => fxn(["accounts", ...words, "--home", home]);
const locked = ["--password-file", password];

test("made, exported as an nsec, and imported again: the same npub", async () => {
  const made = JSON.parse((await accounts("new", "--nostr", "--json", ...locked)).stdout);
  expect(made).toMatchObject({ name: "nostr", kind: "nostr", path: join(home, "keys", "nostr.json"), encrypted: true });
  expect((await accounts("list")).stdout).toContain(`nostr  ${made.npub}  encrypted`);
  const out = join(outside, "nsec");
  const exported = await accounts("export", "--name", "nostr", "--nsec", "--out", out, "--yes", ...locked);
  const nsec = readFileSync(out, "utf8").trim();
  expect(nsec).toMatch(/^nsec1[a-z0-9]{58}$/);
  const imported = await accounts("import", out, "--name", "back", "--json", ...locked);
  expect(JSON.parse(imported.stdout)).toMatchObject({ kind: "nostr", form: "nsec", npub: made.npub });
  const again = await accounts("import", out, ...locked);
  expect([again.code, again.stderr.includes("left as it is")]).toEqual([1, true]);
  for (const { stdout, stderr } of [exported, imported, again]) expect(stdout + stderr).not.toContain(nsec);
});

test("an npub in the place of the nsec is named, and nothing is written", async () => {
  const file = join(outside, "npub");
  writeFileSync(file, vectors.keys.node.npub, { mode: 0o600 });
  const { code, stderr } = await accounts("import", file, "--name", "wrong", ...locked);
  expect([code, stderr.includes("npub, a public key")]).toEqual([1, true]);
  expect((await accounts("list")).stdout).not.toContain("wrong");
});
