// Programs that check our C by itself, built for any target and run here, under an emulator where they must be.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildProgram } from "../../build/native.ts";
import { LIBRARIES, SECP256K1_FLAGS } from "../../build/native-libraries.ts";

const NATIVE = join(import.meta.dir, "../native");

/** What the program says of every set of SIMD instructions that its processor has, a line for each. */
export function checkSimd(target: string, ...emulator: string[]): Promise<string[]> {
  const options = { flags: [`-I${LIBRARIES.matrix.sources}`], linked: LIBRARIES.matrix };
  return linesOf("simd-check.c", target, options, emulator);
}

/** VERIFY: the borrowed field ends the program when a number is larger than its formulas bear. */
export function checkSecp256k1(target: string, flags: readonly string[], ...emulator: string[]): Promise<string[]> {
  const options = { flags: [`-I${LIBRARIES.secp256k1.sources}`, ...SECP256K1_FLAGS, "-DVERIFY", ...flags] };
  return linesOf("secp256k1-check.c", target, options, emulator);
}

async function linesOf(
  source: string,
  target: string,
  options: Parameters<typeof buildProgram>[3],
  emulator: readonly string[],
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "fxn-check-"));
  try {
    const program = join(folder, target);
    await buildProgram(target, join(NATIVE, source), program, options);
    const child = Bun.spawn([...emulator, program], { stdout: "pipe" });
    return (await new Response(child.stdout).text()).trim().split("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
