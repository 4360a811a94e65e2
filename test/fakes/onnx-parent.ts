// A node that runs a model without end by the compiled binary, until it is killed: "off" or "required" is its sandbox.
import { loop } from "../sandbox/onnx-models.ts";
import { COMPILED, canaryHome, LIMITS, onnxRig } from "./onnx-rig.ts";

const sandbox = process.argv[2] === "required" ? "required" : "off";
const never = new AbortController().signal;
const onnx = onnxRig({ home: process.argv[3] ?? canaryHome(), program: COMPILED, sandbox });
const model = await onnx.open(loop(2 ** 52), { ...LIMITS, timeMs: 600_000, cpuMs: 600_000 }, never);
console.log("running");
await model.run(new Uint8Array(4), never);
