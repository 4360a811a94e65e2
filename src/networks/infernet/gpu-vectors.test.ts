// The wire's recorded outputs of vendors' tools: what of them is told. Where the reference misreads one, we do not.
import { expect, test } from "bun:test";
import { fakeMachine } from "../../../test/fakes/gpu-machine.ts";
import vectors from "../../../test/vectors/infernet.json";
import { askSources } from "../../gpu/facts/ask.ts";
import { mergeCards } from "../../gpu/facts/merge.ts";
import type { ToolOutput } from "../../lib/run-tool.ts";
import { hardware } from "./specs.ts";
import { vramTier } from "./vram-tier.ts";

/** What is right, where the reference is not. */
const BETTER: Readonly<Record<string, readonly object[]>> = {
  "nvidia comma inside name (mis-parse in reference)": [{ vendor: "nvidia", model: "Weird, Inc. GPU", vram: 8192 }],
  "amd newer capitalised keys (model lost in reference)": [
    { vendor: "amd", model: "AMD Radeon RX 7900 XTX", vram: 24_560 },
  ],
  apple: [
    { vendor: "apple", model: "Apple M2 Max" },
    { vendor: "amd", model: "AMD Radeon Pro 5500M", vram: 8192 },
    { vendor: "intel", model: "Intel UHD 630", vram: 1536 },
  ],
  // Without a driver nothing computes: such a card is none to offer.
  "lspci -mm fallback": [],
  "lspci -nn fallback": [],
};

/** The reference asks for its fields in another order than ours. */
function asWeAsk(reference: string): string {
  const lines = reference.split("\n").map((line, i) => {
    const fields = line.split(", ");
    const [total, used, busy, celsius, watts, driver, uuid] = fields.slice(-7);
    const name = fields.slice(1, -7).join(", ");
    return [`0000000${i}:01:00.0`, uuid, driver, total, used, "[N/A]", busy, "[N/A]", celsius, watts, "[N/A]", name];
  });
  return lines.map((fields) => fields.join(", ")).join("\n");
}

function toolsOf(inputs: Readonly<Record<string, string | undefined>>): Record<string, Partial<ToolOutput>> {
  const nvidia = inputs["nvidia-smi --query-gpu"];
  const amd = inputs["rocm-smi ... --json"];
  const apple = inputs["system_profiler SPDisplaysDataType -json"];
  return {
    ...(nvidia !== undefined && { "nvidia-smi --query-gpu": { stdout: asWeAsk(nvidia) }, "nvidia-smi -L": {} }),
    ...(inputs["nvidia-smi"] !== undefined && { "nvidia-smi": { exitCode: 9 } }),
    ...(amd !== undefined && { "rocm-smi": { stdout: amd } }),
    ...(apple !== undefined && { system_profiler: { stdout: apple } }),
  };
}

test.each(vectors.gpu)("$name", async ({ name, inputs, output }) => {
  const platform = name === "apple" ? "darwin" : "linux";
  const reports = await askSources(fakeMachine({ platform, tools: toolsOf(inputs) }));
  const told = hardware(mergeCards(reports.map(({ gpus }) => gpus)));
  const right =
    BETTER[name] ?? output.gpus.map(({ vendor, model, vram_mb: mb }) => ({ vendor, model, vram: mb ?? undefined }));
  expect(told).toEqual({
    gpu_count: right.length,
    gpus: right.map((card) => {
      const { vendor, model, vram } = { vram: undefined, vendor: "", model: "", ...card };
      return { vendor, model, vram_tier: vramTier(vram) };
    }) as typeof told.gpus,
  });
});
