// THE ENGINE TABLE: ways to multiply matrices, the fastest kind first; a new engine is one line here.
import { cpuEngines } from "./cpu.ts";

export const ENGINES = [cpuEngines] as const;
