import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { type Machine, machineOf, withoutTime } from "./inspect.ts";
import { embedNative, libraryFile } from "./native.ts";
import { LIBRARIES } from "./native-libraries.ts";
import { libraryFaults, startFaults } from "./parts.ts";
import { BUILD_TARGETS, hostTarget } from "./targets.ts";

/** The head of a file, with a number of so many bytes at that place. */
function head(magic: string, numbers: readonly [at: number, value: number, bytes: number][]): Buffer {
  const file = Buffer.alloc(256);
  file.write(magic, "latin1");
  for (const [at, value, bytes] of numbers) file.writeUIntLE(value, at, bytes);
  return file;
}

describe("a file's system and processor", () => {
  const cases: [string, Buffer, Machine | undefined][] = [
    ["an ELF of x86-64", head("\x7fELF", [[18, 62, 2]]), { format: "ELF", arch: "x64" }],
    ["an ELF of AArch64", head("\x7fELF", [[18, 183, 2]]), { format: "ELF", arch: "arm64" }],
    ["an ELF of RISC-V", head("\x7fELF", [[18, 243, 2]]), undefined],
    ["a Mach-O of x86-64", head("\xcf\xfa\xed\xfe", [[4, 0x01000007, 4]]), { format: "Mach-O", arch: "x64" }],
    ["a Mach-O of arm64", head("\xcf\xfa\xed\xfe", [[4, 0x0100000c, 4]]), { format: "Mach-O", arch: "arm64" }],
    [
      "a PE of x64",
      head("MZ", [
        [60, 128, 4],
        [128, 0x4550, 4],
        [132, 0x8664, 2],
      ]),
      { format: "PE", arch: "x64" },
    ],
    [
      "a PE of arm64",
      head("MZ", [
        [60, 128, 4],
        [128, 0x4550, 4],
        [132, 0xaa64, 2],
      ]),
      { format: "PE", arch: "arm64" },
    ],
    ["a program of DOS", head("MZ", [[60, 4_000_000, 4]]), undefined],
    ["a script", Buffer.from("#!/bin/sh\n".padEnd(100)), undefined],
    ["nothing", Buffer.alloc(0), undefined],
  ];
  test.each(cases)("%s", (_, file, machine) => expect(machineOf(file)).toEqual(machine));

  test("whatever bytes: an answer, and no error", () => {
    const begun = fc.constantFrom("\x7fELF", "MZ", "\xcf\xfa\xed\xfe", "");
    fc.assert(
      fc.property(begun, fc.uint8Array({ maxLength: 300 }), (start, rest) => {
        machineOf(Buffer.concat([Buffer.from(start, "latin1"), rest]));
      }),
    );
  });
});

test("the time is taken out of a PE, and nothing out of other files", () => {
  const at = (time: number) =>
    head("MZ", [
      [60, 128, 4],
      [128, 0x4550, 4],
      [132, 0x8664, 2],
      [136, time, 4],
    ]);
  expect(withoutTime(at(1_795_680_460)).equals(at(0))).toBe(true);
  const elf = head("\x7fELF", [
    [18, 62, 2],
    [136, 7, 4],
  ]);
  expect(withoutTime(elf).equals(elf)).toBe(true);
});

test("what its system would not start is refused", () => {
  const target = hostTarget();
  const program = readFileSync(process.execPath);
  expect(startFaults(target, program)).toEqual([]);
  expect(startFaults(target, program.subarray(0, 4096)).join()).toContain("behind the file's end");
  expect(startFaults(target, Buffer.from("#!/bin/sh\n".padEnd(100))).join()).toContain("no executable");
  const [other] = BUILD_TARGETS.filter(({ format }) => format !== target.format);
  if (!other) throw new Error("no other system");
  expect(startFaults(other, program).join()).toContain(`not ${other.format}`);
});

test("a file without a library of its own, or with one of another system, is refused", async () => {
  const target = hostTarget();
  await embedNative(target.name);
  const parts = Object.values(LIBRARIES).flatMap((library) =>
    [target.name, "wasm"].map((name) => readFileSync(libraryFile(library, name))),
  );
  expect(libraryFaults(target, Buffer.concat([...parts]))).toEqual([]);
  for (const missing of parts) {
    const faults = libraryFaults(target, Buffer.concat([...parts.filter((part) => part !== missing)]));
    expect(faults.join()).toMatch(/^it has no /);
  }
  const foreign = target.name === "linux-arm64" ? "linux-x64" : "linux-arm64";
  // It only compiles; what src embeds stays this machine's.
  expect(
    Bun.spawnSync([process.execPath, "build/native.ts", foreign], { cwd: join(import.meta.dir, "..") }).exitCode,
  ).toBe(0);
  for (const library of Object.values(LIBRARIES)) {
    const other = readFileSync(libraryFile(library, foreign));
    expect(libraryFaults(target, Buffer.concat([...parts, other]))).toEqual([
      `it has the library ${library.name} of ${foreign}`,
    ]);
  }
});
