import { expect, test } from "bun:test";
import { firstLine } from "../../../build/ptx.ts";
import ptx from "./kernels.ptx" with { type: "text" };

test("the committed PTX is of the committed kernels; else: bun build/ptx.ts", async () => {
  expect(ptx.split("\n", 1)).toEqual([await firstLine()]);
});

test("the PTX is for compute capability 7.0 and drivers of 2017, and uses the instructions that it is about", () => {
  expect(ptx).toContain(".version 6.0\n.target sm_70\n");
  for (const instruction of [
    "fma.rn.f32",
    "mul.rn.f64",
    "add.rn.f64",
    "dp4a.s32.s32",
    "bar.sync",
    "ld.shared.v4.f32",
    "ld.global.v4",
  ])
    expect([instruction, ptx.includes(instruction)]).toEqual([instruction, true]);
  expect(ptx.includes("fma.rn.f64")).toBeFalse();
  expect(ptx).not.toContain(".local");
});
