// THE ENGINE TABLE: ways to multiply matrices, the fastest kind first; a new engine is one line here.
import { cpuEngines } from "./cpu.ts";
import { cuda } from "./cuda/engine.ts";
import { webgpu } from "./webgpu/engine.ts";

export const ENGINES = [cuda, webgpu, cpuEngines] as const;
