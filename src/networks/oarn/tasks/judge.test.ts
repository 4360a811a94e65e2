import { expect, test } from "bun:test";
import { parseAddress } from "../../../core/address.ts";
import type { Task } from "../registry/task.ts";
import { parseRequirements } from "../requirements.ts";
import { matchesAny } from "./globs.ts";
import { reasonAgainst, type Terms } from "./judge.ts";
import { Pages } from "./pages.ts";

const HASH = `0x${"11".repeat(32)}` as const;
const terms: Terms = {
  frameworks: ["onnx"],
  models: ["llama-3"],
  acceptedModels: [],
  minReward: 10n,
  vramMb: 8192,
  ramMb: 16_384,
  hasGpu: true,
  neededSeconds: 600,
  longestSeconds: 100_000,
  joinRaces: false,
  requireCids: false,
};
const task: Task = {
  id: 1n,
  requester: parseAddress(`0x${"ab".repeat(20)}`)!,
  modelHash: HASH,
  inputHash: HASH,
  requirements: "{}",
  rewardPerNode: 10n,
  requiredNodes: 3n,
  claimed: 0n,
  submitted: 0n,
  deadline: 10_000n,
  state: "active",
  kind: 0,
  createdAt: 0n,
  consensusResult: undefined,
};

const against = (change: Partial<Task>, given: Partial<Terms> = {}, held = false) => {
  const changed = { ...task, ...change };
  return reasonAgainst(changed, parseRequirements(changed.requirements), { ...terms, ...given }, 1000n, held);
};

test("a task that nothing speaks against", () => {
  expect(against({})).toBeUndefined();
  expect(
    against({ requirements: '{"framework":"text","model":"llama-3"}' }, { acceptedModels: ["llama-*"] }),
  ).toBeUndefined();
});

test.each<[string, Partial<Task>, Partial<Terms>?]>([
  ["it is disputed", { state: "disputed" }],
  ["it is unknown", { state: "unknown" }],
  ["deadline has passed", { deadline: 1000n }],
  ["less than the 600 s", { deadline: 1599n }],
  ["more than the 100000 s of compute.maxDeadline", { deadline: 101_001n }],
  ["names no model", { modelHash: `0x${"00".repeat(32)}` }],
  ["names no input", { inputHash: `0x${"00".repeat(32)}` }],
  ["others have delivered", { submitted: 3n }],
  ["all its claims", { claimed: 6n }, { joinRaces: true }],
  ["3 nodes have claimed it", { claimed: 3n }],
  ["it pays", { rewardPerNode: 9n }],
  ["GPU memory", { requirements: '{"min_vram":"9GB"}' }],
  ["MB of memory", { requirements: '{"min_ram":"17GB"}' }],
  ["wants a GPU", { requirements: '{"gpu_required":true}' }, { hasGpu: false }],
  ["pytorch, which", { requirements: '{"framework":"torch"}' }],
  ["not known", { requirements: '{"framework":"jax"}' }],
  ["no model files", {}, { frameworks: [] }],
  ["no model server has gpt", { requirements: '{"framework":"text","model":"gpt"}' }],
  [
    "not among the accepted",
    { requirements: '{"framework":"text","model":"llama-3"}' },
    { acceptedModels: ["mistral-*"] },
  ],
  ["name no CIDs", {}, { requireCids: true }],
  ["too long", { requirements: `{"a":"${"x".repeat(1 << 20)}"}` }],
])("%s", (reason, change, given = {}) => {
  expect(against(change, given)).toContain(reason);
});

test("a claim that is held is not a race any more, and a race may be wanted", () => {
  expect(against({ claimed: 6n }, {}, true)).toBeUndefined();
  expect(against({ claimed: 3n, deadline: 1200n, rewardPerNode: 0n }, {}, true)).toBeUndefined();
  expect(against({ deadline: 10n ** 12n }, {}, true)).toBeUndefined();
  expect(against({ deadline: 101_000n })).toBeUndefined();
  expect(against({ claimed: 3n }, { joinRaces: true })).toBeUndefined();
  expect(against({ claimed: undefined })).toBeUndefined();
});

test("patterns", () => {
  expect(matchesAny("llama-3.3-70b", ["llama-*"])).toBe(true);
  expect(matchesAny("Llama-3", ["llama-3"])).toBe(true);
  expect(matchesAny("my-llama-3", ["llama-*"])).toBe(false);
  expect(matchesAny("a-b-c", ["a*b*c"])).toBe(true);
  expect(matchesAny("ab", ["ab*b"])).toBe(false);
  expect(matchesAny("a".repeat(10_000), [`${"*a".repeat(5000)}*b`])).toBe(false);
});

test("a registry with very many tasks is read in parts, the newest each time, the others in turn", () => {
  const pages = new Pages();
  const first = pages.due(100_000n);
  const second = pages.due(100_000n);
  expect(first).toHaveLength(400);
  expect(first[0]).toBe(100_000n);
  expect(second[0]).toBe(100_000n);
  expect(second.slice(200).some((id) => first.includes(id))).toBe(false);
  for (const id of first) pages.close(id);
  expect(pages.due(100_000n).some((id) => first.includes(id))).toBe(false);
  expect(() => pages.due(2n ** 256n - 1n)).toThrow("more tasks than there can be");
});
