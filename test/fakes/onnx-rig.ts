// Runs ONNX models as a node does, by the sources or by the compiled binary.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import type { ModelLimits } from "../../src/networks/oarn/compute/compute.ts";
import { type OnnxPorts, openOnnx } from "../../src/networks/oarn/compute/onnx.ts";

const ROOT = join(import.meta.dir, "..", "..");
const MB = 1024 * 1024;

export const LIMITS: ModelLimits = { memoryBytes: 256 * MB, timeMs: 20_000, cpuMs: 60_000, outputBytes: MB };
export const FROM_SOURCES = {
  command: [process.execPath, join(ROOT, "cmd", "fxn.ts"), "model-process"],
  readable: [process.execPath, ROOT],
};
const binary = join(ROOT, "dist", process.platform === "win32" ? "fxn.exe" : "fxn");
export const COMPILED = { command: [binary, "model-process"], readable: [binary] };

/** A home with a key in it, for models to look for. */
export function canaryHome(): string {
  const home = mkdtempSync(join(tmpdir(), "fxn-onnx-"));
  writeFileSync(join(home, "nodekey.bin"), new Uint8Array(Float32Array.of(1, 2).buffer));
  return home;
}

export function onnxRig(more: Partial<OnnxPorts> & Pick<OnnxPorts, "home">) {
  const compute = openOnnx({
    ...{ program: FROM_SOURCES, sandbox: "off", env: process.env, platform: process.platform, clock: systemClock },
    ...more,
  });
  return {
    ...compute,
    /** Of one input. */
    async run(model: Uint8Array, input: Uint8Array, limits: ModelLimits, signal: AbortSignal): Promise<Uint8Array> {
      const opened = await compute.open(model, limits, signal);
      return opened.run(input, signal).finally(() => opened.close());
    },
  };
}

/** Why no sandbox can be had here; undefined where it can. */
export async function withoutSandbox(program: OnnxPorts["program"]): Promise<string | undefined> {
  try {
    await onnxRig({ program, sandbox: "required", home: canaryHome() }).check();
    return undefined;
  } catch (error) {
    return String(error);
  }
}
