// Before the first test of a process: what tests leave in the temporary folder lies in one of their own, which goes with the last.
import { afterAll } from "bun:test";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "fxn-tests-"));
// As the temporary folder itself: some programs of tests run as another user.
chmodSync(folder, 0o1777);
process.env.TMPDIR = folder;
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
