import { expect, test } from "bun:test";
import { fakeMachine, recorded } from "../../../test/fakes/gpu-machine.ts";
import { parseSystemProfiler, systemProfiler } from "./apple.ts";

const parsed = (name: string): unknown => JSON.parse(JSON.stringify(parseSystemProfiler(recorded(name))));

test("Apple's memory is unified, and no figure", () => {
  expect(parsed("apple-m4.json")).toEqual([{ name: "Apple M4 Max", vendor: "apple", unifiedMemory: true }]);
});

test("an older Mac with Intel's and AMD's graphics", () => {
  expect(parsed("apple-macbookpro16.json")).toEqual([
    { name: "Intel UHD Graphics 630", vendor: "intel", vramTotalMb: 1536 },
    { name: "AMD Radeon Pro 5500M", vendor: "amd", vramTotalMb: 8192 },
  ]);
});

test("a virtual machine's display adapter is no GPU", () => {
  expect(parsed("apple-vm.json")).toEqual([]);
});

test("what is no answer is a failure, no GPU in an answer is none", async () => {
  const says = (stdout: string) => fakeMachine({ platform: "darwin", tools: { system_profiler: { stdout } } });
  await expect(systemProfiler.read(says(recorded("apple-m4.json").slice(0, 200)))).rejects.toThrow("exit code 0");
  expect(await systemProfiler.read(says(`{"SPDisplaysDataType":[]}`))).toEqual([]);
});
