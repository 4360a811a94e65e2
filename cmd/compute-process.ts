// The compute process of a node: computes challenges, in a process of its own, until the node is gone.
import { ENGINES } from "../src/gpu/index.ts";
import { runComputeProcess } from "../src/node/compute-process.ts";

export function serveCompute(): Promise<void> {
  return runComputeProcess(ENGINES);
}
