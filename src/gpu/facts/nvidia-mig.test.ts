import { expect, test } from "bun:test";
import { recorded } from "../../../test/fakes/gpu-machine.ts";
import { migMemory, migsOf, withMigs } from "./nvidia-mig.ts";

test("the first drivers with MIG name an instance after its card", () => {
  const cardUuid = "GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77";
  expect(migsOf(recorded("nvidia-mig-450-list.txt"))).toEqual([
    { cardUuid, index: 0, profile: "3g.20gb", uuid: `MIG-${cardUuid}/1/0` },
    { cardUuid, index: 1, profile: "3g.20gb", uuid: `MIG-${cardUuid}/2/0` },
  ]);
});

test("cards without instances have none", () => {
  expect(migsOf(recorded("nvidia-list-h100.txt"))).toEqual([]);
});

test("memory of an instance is absent when the tool does not tell it", () => {
  const [mig] = withMigs(
    [{ name: "A100", vendor: "nvidia", uuid: "GPU-1", vramTotalMb: 40536, utilizationGpuPct: 5, powerW: 50 }],
    [{ cardUuid: "GPU-1", index: 0, profile: "7g.40gb", uuid: "MIG-1" }],
    migMemory("<gpu id="),
  );
  expect(JSON.parse(JSON.stringify(mig))).toEqual({ name: "A100 MIG 7g.40gb", vendor: "nvidia", uuid: "MIG-1" });
});
