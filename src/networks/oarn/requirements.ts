// What a task wants of a node: JSON by convention, in a text that anybody may write, so that nothing in it can fail.
import { z } from "zod";

export type Framework = "onnx" | "pytorch" | "tensorflow" | "text";

export interface Requirements {
  /** "unknown": named, and by no name that is known. */
  readonly framework: Framework | "unknown" | undefined;
  /** MiB. */
  readonly minVramMb: number | undefined;
  readonly minRamMb: number | undefined;
  readonly gpuRequired: boolean;
  /** Of text tasks: the model by the name that model servers know. */
  readonly model: string | undefined;
  readonly modelCid: string | undefined;
  readonly inputCid: string | undefined;
}

/** Longer ones are not read at all. */
export const LONGEST_REQUIREMENTS = 16 * 1024;
const NAMES: Readonly<Record<string, Framework>> = {
  onnx: "onnx",
  pytorch: "pytorch",
  torch: "pytorch",
  tensorflow: "tensorflow",
  tf: "tensorflow",
  text: "text",
};
const CID = /^[A-Za-z0-9]{32,128}$/;

const text = z.string().max(200).optional().catch(undefined);
const cid = z.string().regex(CID).optional().catch(undefined);
const shape = z.object({
  framework: text,
  min_vram: text,
  min_ram: text,
  gpu_required: z.boolean().catch(false),
  model: text,
  model_cid: cid,
  input_cid: cid,
});

/** What is not JSON, or not a mapping, requires nothing. */
export function parseRequirements(written: string): Requirements {
  const read = shape.safeParse(jsonOf(written));
  const { framework, min_vram, min_ram, gpu_required, model, model_cid, input_cid } = read.success
    ? read.data
    : shape.parse({});
  const name = framework?.trim().toLowerCase();
  return {
    framework: name ? (Object.hasOwn(NAMES, name) ? NAMES[name] : "unknown") : undefined,
    minVramMb: megabytes(min_vram),
    minRamMb: megabytes(min_ram),
    gpuRequired: gpu_required,
    model: model?.trim() || undefined,
    modelCid: model_cid,
    inputCid: input_cid,
  };
}

/** "8GB", "4096MB", or digits, which are MB; anything else says nothing. */
function megabytes(written: string | undefined): number | undefined {
  const match = /^(\d{1,9})\s*(GB|MB)?$/i.exec(written?.trim() ?? "");
  return match ? Number(match[1]) * (match[2]?.toUpperCase() === "GB" ? 1024 : 1) : undefined;
}

function jsonOf(written: string): unknown {
  if (written.length > LONGEST_REQUIREMENTS) return {};
  try {
    return JSON.parse(written);
  } catch {
    return {};
  }
}
