// The arithmetic under the tiers, as this processor runs it (as WebAssembly does: test/soak/narrow.test.ts), against the borrowed library's own slow ways.
import { expect, test } from "bun:test";
import { hostTarget } from "../../build/targets.ts";
import { checkSecp256k1 } from "../../test/sandbox/check-program.ts";

test("numbers of 62 bits and a field of five limbs", async () => {
  expect(await checkSecp256k1(hostTarget().name, [])).toEqual(["0 wrong"]);
}, 60_000);
