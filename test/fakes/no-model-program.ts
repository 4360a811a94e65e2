// For networks that run no model files: there is no such program.
import type { ModelProgram } from "../../src/networks/ports.ts";

export const NO_MODEL_PROGRAM: ModelProgram = { command: ["/nowhere"], readable: [], env: {}, platform: "linux" };
