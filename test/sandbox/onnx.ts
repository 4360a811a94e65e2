// Writes ONNX model files: as much of their protobuf messages as small models need.
// Source of every number: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

const TYPES = { float32: 1, int32: 6, int64: 7, string: 8, bool: 9, float64: 11 } as const;
export type OnnxType = keyof typeof TYPES;
const ATTRIBUTE = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, ints: 7 } as const;
const IR_VERSION = 8;
const OPSET = 13;

export interface OnnxTensor {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  /** As it lies in memory; undefined: in a file beside the model, at `location`. */
  readonly data?: Uint8Array;
  readonly location?: string;
}

export type OnnxAttribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string }
  | { readonly tensor: OnnxTensor }
  | { readonly graph: OnnxGraph };

export interface OnnxNode {
  readonly op: string;
  /** Of ONNX itself when it is left out. */
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  /** A text stands for a size that is not fixed. */
  readonly shape: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly tensors?: readonly OnnxTensor[];
}

/** @param domains of operators that are not ONNX's own */
export function encodeOnnx(graph: OnnxGraph, domains: readonly string[] = []): Uint8Array<ArrayBuffer> {
  const opset = (domain: string) => field(8, [...(domain ? field(1, domain) : []), ...field(2, OPSET)]);
  return Uint8Array.from([...field(1, IR_VERSION), ...field(7, graphBytes(graph)), ...["", ...domains].flatMap(opset)]);
}

/** For a tensor's data. */
export function floats(...numbers: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(numbers).buffer);
}

export function int64s(...numbers: readonly number[]): Uint8Array {
  return new Uint8Array(BigInt64Array.from(numbers, BigInt).buffer);
}

function graphBytes({ nodes, inputs, outputs, tensors = [] }: OnnxGraph): number[] {
  return [
    ...nodes.flatMap((node) => field(1, nodeBytes(node))),
    ...field(2, "g"),
    ...tensors.flatMap((tensor) => field(5, tensorBytes(tensor))),
    ...inputs.flatMap((value) => field(11, valueBytes(value))),
    ...outputs.flatMap((value) => field(12, valueBytes(value))),
  ];
}

function nodeBytes({ op, domain, inputs, outputs, attributes = {} }: OnnxNode): number[] {
  return [
    ...inputs.flatMap((name) => field(1, name)),
    ...outputs.flatMap((name) => field(2, name)),
    ...field(4, op),
    ...Object.entries(attributes).flatMap(([name, value]) => field(5, attributeBytes(name, value))),
    ...(domain ? field(7, domain) : []),
  ];
}

function attributeBytes(name: string, value: OnnxAttribute): number[] {
  const named = field(1, name);
  if ("int" in value) return [...named, ...field(3, value.int), ...field(20, ATTRIBUTE.int)];
  if ("string" in value) return [...named, ...field(4, value.string), ...field(20, ATTRIBUTE.string)];
  if ("tensor" in value) return [...named, ...field(5, tensorBytes(value.tensor)), ...field(20, ATTRIBUTE.tensor)];
  if ("graph" in value) return [...named, ...field(6, graphBytes(value.graph)), ...field(20, ATTRIBUTE.graph)];
  return [...named, ...value.ints.flatMap((int) => field(8, int)), ...field(20, ATTRIBUTE.ints)];
}

function tensorBytes({ name, type, shape, data, location }: OnnxTensor): number[] {
  const beside = location ? [...field(13, [...field(1, "location"), ...field(2, location)]), ...field(14, 1)] : [];
  return [
    ...shape.flatMap((size) => field(1, size)),
    ...field(2, TYPES[type]),
    ...field(8, name),
    ...(data ? field(9, [...data]) : []),
    ...beside,
  ];
}

function valueBytes({ name, type, shape }: OnnxValue): number[] {
  const sizes = shape.flatMap((size) => field(1, typeof size === "number" ? field(1, size) : field(2, size)));
  return [...field(1, name), ...field(2, field(1, [...field(1, TYPES[type]), ...field(2, sizes)]))];
}

/** A number as a varint; a text or bytes behind their length. */
function field(id: number, value: number | string | readonly number[]): number[] {
  if (typeof value === "number") return [...varint(id * 8), ...varint(value)];
  const bytes = typeof value === "string" ? [...new TextEncoder().encode(value)] : value;
  return [...varint(id * 8 + 2), ...varint(bytes.length), ...bytes];
}

/** Numbers below 2^53; none below 0. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}
