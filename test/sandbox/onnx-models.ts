// Small ONNX models, good and hostile.
import { encodeOnnx, floats, int64s, type OnnxNode, type OnnxType, type OnnxValue } from "./onnx.ts";

const value = (name: string, shape: readonly (number | string)[], type: OnnxType = "float32"): OnnxValue => ({
  ...{ name, type, shape },
});
const X = value("x", [1, "n"]);
const node = (op: string, inputs: readonly string[], outputs: readonly string[], more: Partial<OnnxNode> = {}) => ({
  ...{ op, inputs, outputs, ...more },
});
const scalar = (name: string, type: "int64" | "bool", data: Uint8Array) => ({ name, type, shape: [], data });

/** What it says of its output's type and shape. */
function oneNode(op: OnnxNode, output: OnnxValue, inputs: readonly OnnxValue[] = [X], domains: readonly string[] = []) {
  return encodeOnnx({ nodes: [op], inputs, outputs: [output] }, domains);
}

/** x + x */
export const doubling = oneNode(node("Add", ["x", "x"], ["y"]), value("y", [1, "n"]));

/** tanh(x · [[1, 2], [3, 4], [0.1, -0.5]]) */
export const matmul = encodeOnnx({
  nodes: [node("MatMul", ["x", "w"], ["a"]), node("Tanh", ["a"], ["y"])],
  inputs: [value("x", [1, 3])],
  outputs: [value("y", [1, 2])],
  tensors: [{ name: "w", type: "float32", shape: [3, 2], data: floats(1, 2, 3, 4, 0.1, -0.5) }],
});

/** Which of the numbers is the largest: int64. */
export const largest = oneNode(
  node("ArgMax", ["x"], ["y"], { attributes: { axis: { int: 1 }, keepdims: { int: 0 } } }),
  value("y", [1], "int64"),
);

/** Adds x to itself `times` times. */
export function loop(times: number, grows = false, more: readonly OnnxNode[] = []): Uint8Array<ArrayBuffer> {
  const body = {
    nodes: [
      node("Identity", ["go"], ["goes"]),
      grows
        ? node("Concat", ["sum", "sum"], ["next"], { attributes: { axis: { int: 1 } } })
        : node("Add", ["sum", "x"], ["next"]),
      ...more,
    ],
    inputs: [value("i", [], "int64"), value("go", [], "bool"), value("sum", [1, "m"])],
    outputs: [value("goes", [], "bool"), value("next", [1, "m"])],
  };
  return encodeOnnx({
    nodes: [node("Loop", ["times", "yes", "x"], ["y"], { attributes: { body: { graph: body } } })],
    inputs: [X],
    outputs: [value("y", [1, "m"])],
    tensors: [scalar("times", "int64", int64s(times)), scalar("yes", "bool", Uint8Array.of(1))],
  });
}

/** One number into as many as `shape` says, before anything is computed. */
export function filled(...shape: readonly number[]): Uint8Array<ArrayBuffer> {
  return encodeOnnx({
    nodes: [node("Expand", ["x", "shape"], ["y"])],
    inputs: [value("x", [1, 1])],
    outputs: [value("y", ["a", "b"])],
    tensors: [{ name: "shape", type: "int64", shape: [shape.length], data: int64s(...shape) }],
  });
}

export const twoInputs = oneNode(node("Add", ["x", "z"], ["y"]), value("y", [1, "n"]), [X, value("z", [1, "n"])]);
export const text = oneNode(
  node("Cast", ["x"], ["y"], { attributes: { to: { int: 8 } } }),
  value("y", [1, "n"], "string"),
);
export const doubles = oneNode(
  node("Cast", ["x"], ["y"], { attributes: { to: { int: 11 } } }),
  value("y", [1, "n"], "float64"),
);
export const takesInt64 = oneNode(node("Identity", ["x"], ["y"]), value("y", [1, "n"], "int64"), [
  value("x", [1, "n"], "int64"),
]);
export const noInput = encodeOnnx({
  nodes: [node("Constant", [], ["y"], { attributes: { value: { tensor: tensorOfTwo("y") } } })],
  inputs: [],
  outputs: [value("y", [1, 2])],
});
export const ownOperator = oneNode(
  node("Own", ["x"], ["y"], { domain: "own.example" }),
  value("y", [1, "n"]),
  [X],
  ["own.example"],
);

/** Noise of x's size. */
export const random = oneNode(node("RandomNormalLike", ["x"], ["y"]), value("y", [1, "n"]));
export const randomInLoop = loop(3, false, [node("RandomUniformLike", ["x"], ["noise"])]);

/** Weights in a file of the machine. */
export function besides(location: string): Uint8Array<ArrayBuffer> {
  return encodeOnnx({
    nodes: [node("Add", ["x", "w"], ["y"])],
    inputs: [value("x", [1, 2])],
    outputs: [value("y", [1, 2])],
    tensors: [{ name: "w", type: "float32", shape: [1, 2], location }],
  });
}

/** Says that its weights have so many numbers, and brings two. */
export function lying(...shape: readonly number[]): Uint8Array<ArrayBuffer> {
  return encodeOnnx({
    nodes: [node("Add", ["x", "w"], ["y"])],
    inputs: [value("x", [1, 2])],
    outputs: [value("y", ["a", "b"])],
    tensors: [{ name: "w", type: "float32", shape, data: floats(1, 2) }],
  });
}

function tensorOfTwo(name: string) {
  return { name, type: "float32", shape: [1, 2], data: floats(1, 2) } as const;
}
