import { expect, test } from "bun:test";
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { barrier, NOBODY, READ, RUN } from "./access.ts";

const dir = realpathSync(mkdtempSync(join(tmpdir(), "fxn-access-")));
const file = join(dir, "fxn");
writeFileSync(file, "");

/** The folder and the file have these modes, and belong to user 10 and group 20; all above is open. */
const stat = (folder: number, own: number) => (path: string) => ({
  uid: 10,
  gid: 20,
  mode: path === file ? own : path === dir ? folder : 0o755,
});
const ada = { uid: 10, gids: [] };
const member = { uid: 11, gids: [5, 20] };
const other = { uid: 12, gids: [5] };

test("every folder on the way must be passed, and the first that cannot be is named", () => {
  expect(barrier(file, other, READ, stat(0o755, 0o644))).toBeUndefined();
  expect(barrier(file, other, READ, stat(0o700, 0o644))).toBe(dir);
  expect(barrier(file, other, READ, stat(0o755, 0o600))).toBe(file);
  expect(barrier(file, other, RUN, stat(0o755, 0o644))).toBe(file);
});

test("owner, group and others each by their own digit", () => {
  expect(barrier(file, ada, READ, stat(0o700, 0o400))).toBeUndefined();
  expect(barrier(file, member, READ, stat(0o750, 0o640))).toBeUndefined();
  expect(barrier(file, other, READ, stat(0o750, 0o644))).toBe(dir);
  // As the kernel does it: an owner whom the mode forgets is not one of the others.
  expect(barrier(file, ada, READ, stat(0o755, 0o044))).toBe(file);
  expect(barrier(file, NOBODY, READ, stat(0o700, 0o600))).toBe(dir);
  expect(barrier(file, { uid: 0, gids: [] }, RUN, stat(0, 0))).toBeUndefined();
});

test("a link is looked at where it leads", () => {
  const link = join(dirname(dir), `${dir.split("/").at(-1)}-link`);
  symlinkSync(file, link);
  expect(barrier(link, other, READ, stat(0o755, 0o600))).toBe(file);
  rmSync(link);
  rmSync(dir, { recursive: true });
});
