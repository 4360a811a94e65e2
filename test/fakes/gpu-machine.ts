// A machine as sources of GPU facts look at it: recorded outputs of tools, and files that are not there.
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Systeminformation } from "systeminformation";
import type { Machine } from "../../src/gpu/facts/source.ts";
import type { ToolOutput } from "../../src/lib/run-tool.ts";
import { FakeClock } from "./clock.ts";

export interface FakeMachine {
  readonly platform?: NodeJS.Platform;
  readonly clock?: FakeClock;
  /** By the start of the command line: "nvidia-smi -L". The longest that fits counts; a tool without any is not there. */
  readonly tools?: Readonly<Record<string, Partial<ToolOutput> | Error>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly controllers?: readonly Partial<Systeminformation.GraphicsControllerData>[];
}

/** A recorded output, by its name in test/vectors/gpu. */
export function recorded(name: string): string {
  return readFileSync(join(import.meta.dir, "../vectors/gpu", name), "utf8");
}

/** A folder for PATH with an nvidia-smi that says what it said on a machine with two cards. */
export function recordedNvidiaSmi(): string {
  const folder = mkdtempSync(join(tmpdir(), "fxn-gpus-"));
  const at = (name: string) => join(import.meta.dir, "../vectors/gpu", name);
  const [list, query] = [at("nvidia-list-h100.txt"), at("nvidia-mig-570.csv")];
  const script = `#!/bin/sh\ncase "$1" in\n-L) cat '${list}' ;;\n*) cat '${query}' ;;\nesac\n`;
  writeFileSync(join(folder, "nvidia-smi"), script, { mode: 0o755 });
  return folder;
}

export function fakeMachine({ platform = "linux", clock = new FakeClock(), ...parts }: FakeMachine = {}): Machine {
  const { tools = {}, files = {}, controllers = [] } = parts;
  return {
    platform,
    clock,
    async run({ name }, args) {
      const line = [name, ...args].join(" ");
      const [command] = Object.keys(tools)
        .filter((start) => line.startsWith(start))
        .sort((a, b) => b.length - a.length);
      const output = command === undefined ? undefined : tools[command];
      if (output instanceof Error) throw output;
      return output && { exitCode: 0, stdout: "", stderr: "", ...output };
    },
    files: {
      text: async (path) => files[path],
      list: async (dir) => [
        ...new Set(
          Object.keys(files).flatMap((path) =>
            path.startsWith(`${dir}/`) ? path.slice(dir.length + 1).split("/", 1) : [],
          ),
        ),
      ],
    },
    graphics: async () => graphicsData(...controllers),
  };
}

export function graphicsData(
  ...controllers: Partial<Systeminformation.GraphicsControllerData>[]
): Systeminformation.GraphicsData {
  const bare = { vendor: "", model: "", bus: "", vram: null, vramDynamic: false };
  return { controllers: controllers.map((card) => ({ ...bare, ...card })), displays: [] };
}
