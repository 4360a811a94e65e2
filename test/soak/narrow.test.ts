// The arithmetic of signatures in narrow numbers, as 32-bit code has them; npm test holds WebAssembly itself against the other tiers.
import { expect, test } from "bun:test";
import { hostTarget } from "../../build/targets.ts";
import { checkSecp256k1 } from "../sandbox/check-program.ts";

test("numbers of 30 bits and a field of ten limbs, as in WebAssembly", async () => {
  expect(await checkSecp256k1(hostTarget().name, ["-DFXN_NARROW"])).toEqual(["0 wrong"]);
}, 60_000);
