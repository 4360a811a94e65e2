// Our C on the other processor, under an emulator: building and running it takes a minute.
import { expect, test } from "bun:test";
import { checkSecp256k1, checkSimd } from "../sandbox/check-program.ts";

const qemu = Bun.which("qemu-aarch64-static");
const missing = qemu ? "" : " (skipped: no qemu-aarch64-static here)";
// A static program: the emulator has no libraries of that system.
const TARGET = "linux-arm64-musl";

test.skipIf(!qemu)(`the sets of SIMD instructions${missing}`, async () => {
  expect(await checkSimd(TARGET, qemu ?? "")).toEqual(["neon 0 wrong", "neon_dotprod 0 wrong"]);
});

test.skipIf(!qemu)(`the arithmetic of signatures${missing}`, async () => {
  expect(await checkSecp256k1(TARGET, [], qemu ?? "")).toEqual(["0 wrong"]);
});
