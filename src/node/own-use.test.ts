import { expect, test } from "bun:test";
import { ownUse } from "./own-use.ts";

function setUp(gpuBusy: number, running = 0) {
  const kept: number[] = [];
  const look = ownUse({ gpuBusy, pause: 120_000 }, { running: () => running, keepForOwner: (ms) => kept.push(ms) });
  const card = { name: "x", vendor: "nvidia" } as const;
  look([{ ...card, utilizationGpuPct: 3 }, { ...card, utilizationGpuPct: 60 }, card]);
  return kept;
}

test("a GPU that is busy with nothing of ours is the operator's", () => {
  expect(setUp(50)).toEqual([120_000]);
  expect(setUp(60)).toEqual([120_000]);
});

test("one that is less busy, one that may be busy with our work, and nothing when it is not asked for", () => {
  expect(setUp(61)).toEqual([]);
  expect(setUp(50, 1)).toEqual([]);
  expect(setUp(0)).toEqual([]);
});
