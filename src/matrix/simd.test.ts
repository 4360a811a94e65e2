// Every set of SIMD instructions, not only the one that this machine would choose: a program with all of them in it.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildProgram } from "../../build/native.ts";
import { LIBRARIES } from "../../build/native-libraries.ts";
import { hostTarget } from "../../build/targets.ts";

const folder = mkdtempSync(join(tmpdir(), "fxn-simd-"));
afterAll(() => rmSync(folder, { recursive: true }));
const SOURCE = join(import.meta.dir, "../../test/native/simd-check.c");

/** What the program says, a line for each set. */
async function check(target: string, ...emulator: string[]): Promise<string[]> {
  const program = join(folder, target);
  await buildProgram(target, SOURCE, program, { flags: [`-I${LIBRARIES.matrix.sources}`], linked: LIBRARIES.matrix });
  const child = Bun.spawn([...emulator, program], { stdout: "pipe" });
  return (await new Response(child.stdout).text()).trim().split("\n");
}

test("the sets of this processor", async () => {
  const lines = await check(hostTarget().name);
  expect(lines).toContain(`${process.arch === "x64" ? "sse2" : "neon"} 0 wrong`);
  expect(lines.filter((line) => !line.endsWith(" 0 wrong"))).toEqual([]);
}, 120_000);

const qemu = Bun.which("qemu-aarch64-static");
test.skipIf(!qemu)(
  `the sets of arm64${qemu ? "" : " (skipped: no qemu-aarch64-static here)"}`,
  async () => {
    // A static program: the emulator has no libraries of that system.
    expect(await check("linux-arm64-musl", qemu ?? "")).toEqual(["neon 0 wrong", "neon_dotprod 0 wrong"]);
  },
  120_000,
);
