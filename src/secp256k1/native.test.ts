// The arithmetic under the tiers, in both widths of its numbers, against the borrowed library's own slow ways.
import { expect, test } from "bun:test";
import { hostTarget } from "../../build/targets.ts";
import { checkSecp256k1 } from "../../test/sandbox/check-program.ts";

test("numbers of 62 bits and a field of five limbs", async () => {
  expect(await checkSecp256k1(hostTarget().name, [])).toEqual(["0 wrong"]);
}, 60_000);

test("numbers of 30 bits and a field of ten limbs, as in WebAssembly", async () => {
  expect(await checkSecp256k1(hostTarget().name, ["-DFXN_NARROW"])).toEqual(["0 wrong"]);
}, 60_000);
