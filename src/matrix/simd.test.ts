// Every set of SIMD instructions, not only the one that this machine would choose: a program with all of them in it.
import { expect, test } from "bun:test";
import { hostTarget } from "../../build/targets.ts";
import { checkSimd } from "../../test/sandbox/check-program.ts";

test("the sets of this processor", async () => {
  const lines = await checkSimd(hostTarget().name);
  expect(lines).toContain(`${process.arch === "x64" ? "sse2" : "neon"} 0 wrong`);
  expect(lines.filter((line) => !line.endsWith(" 0 wrong"))).toEqual([]);
}, 120_000);
