// The arithmetic under the tiers, in both widths of its numbers, against the borrowed library's own slow ways.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildProgram } from "../../build/native.ts";
import { LIBRARIES, SECP256K1_FLAGS } from "../../build/native-libraries.ts";
import { hostTarget } from "../../build/targets.ts";

const folder = mkdtempSync(join(tmpdir(), "fxn-secp256k1-"));
afterAll(() => rmSync(folder, { recursive: true }));
const SOURCE = join(import.meta.dir, "../../test/native/secp256k1-check.c");

/** VERIFY: the borrowed field ends the program when a number is larger than its formulas bear. */
async function check(target: string, flags: readonly string[], ...emulator: string[]): Promise<string> {
  const program = join(folder, target);
  await buildProgram(target, SOURCE, program, {
    flags: [`-I${LIBRARIES.secp256k1.sources}`, ...SECP256K1_FLAGS, "-DVERIFY", ...flags],
  });
  const child = Bun.spawn([...emulator, program], { stdout: "pipe" });
  return (await new Response(child.stdout).text()).trim();
}

test("numbers of 62 bits and a field of five limbs", async () => {
  expect(await check(hostTarget().name, [])).toBe("0 wrong");
}, 60_000);

test("numbers of 30 bits and a field of ten limbs, as in WebAssembly", async () => {
  expect(await check(hostTarget().name, ["-DFXN_NARROW"])).toBe("0 wrong");
}, 60_000);

const qemu = Bun.which("qemu-aarch64-static");
test.skipIf(!qemu)(
  `arm64${qemu ? "" : " (skipped: no qemu-aarch64-static here)"}`,
  async () => {
    // A static program: the emulator has no libraries of that system.
    expect(await check("linux-arm64-musl", [], qemu ?? "")).toBe("0 wrong");
  },
  120_000,
);
