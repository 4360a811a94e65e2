// A node for tests of its end: starts a compute process, calls one operation of it, says its pid, and waits to be killed.
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { ComputeProcess } from "../../src/gpu/process/caller.ts";
import { FakeLog } from "./log.ts";

const [op = ""] = process.argv.slice(2);
const compute = new ComputeProcess({
  command: [process.execPath, join(import.meta.dir, "compute-child.ts")],
  env: process.env,
  clock: systemClock,
  log: new FakeLog(),
  greet: async () => {},
});
const never = new AbortController().signal;
const { value } = await compute.call("pid", undefined, new Uint8Array(0), never);
void compute.call(op, 60_000, new Uint8Array(0), never);
// In its own time: the operation has begun when this is read.
setTimeout(() => process.stdout.write(`${value}\n`), 200);
