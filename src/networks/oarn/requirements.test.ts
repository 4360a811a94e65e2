import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseRequirements } from "./requirements.ts";

const NONE = { framework: undefined, minVramMb: undefined, minRamMb: undefined, gpuRequired: false };

test.each([
  ['{"framework":"ONNX"}', { framework: "onnx" }],
  ['{"framework":"torch"}', { framework: "pytorch" }],
  ['{"framework":"TF"}', { framework: "tensorflow" }],
  ['{"framework":"jax"}', { framework: "unknown" }],
  ['{"framework":"constructor"}', { framework: "unknown" }],
  ['{"framework":7}', { framework: undefined }],
  ['{"min_vram":"8GB","min_ram":"4096MB"}', { minVramMb: 8192, minRamMb: 4096 }],
  ['{"min_vram":"512","min_ram":"1.5GB"}', { minVramMb: 512, minRamMb: undefined }],
  ['{"gpu_required":true}', { gpuRequired: true }],
  ['{"gpu_required":"yes"}', { gpuRequired: false }],
  ['{"model_cid":"../../etc/passwd","input_cid":7}', { modelCid: undefined, inputCid: undefined }],
  ['{"framework":"text","model":" tiny "}', { framework: "text", model: "tiny" }],
])("%s", (text, wanted) => {
  expect(parseRequirements(text)).toMatchObject(wanted);
});

test("what is no JSON, no mapping, or far too long requires nothing and fails nothing", () => {
  for (const text of [
    "",
    "fast GPU please",
    "[]",
    "null",
    "7",
    '"onnx"',
    "[".repeat(1_000_000),
    `{"a":"${"x".repeat(1 << 20)}"}`,
  ])
    expect(parseRequirements(text)).toMatchObject(NONE);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      parseRequirements(text);
    }),
  );
});
