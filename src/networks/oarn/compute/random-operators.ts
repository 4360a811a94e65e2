// Which operators of an ONNX model draw random numbers: with those no two nodes come to one result.
// Source of the numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

const RANDOM = new Set([
  "Bernoulli",
  "Multinomial",
  "RandomNormal",
  "RandomNormalLike",
  "RandomUniform",
  "RandomUniformLike",
  "Sampling",
]);

type Message = "model" | "graph" | "function" | "node" | "attribute";

/** Of each message the fields that lead to nodes. */
const INNER: Readonly<Record<Message, Readonly<Record<number, Message>>>> = {
  model: { 7: "graph", 25: "function" },
  graph: { 1: "node" },
  function: { 7: "node" },
  node: { 5: "attribute" },
  attribute: { 6: "graph", 11: "graph" },
};
const OP_TYPE = 4;
const LONGEST_NAME = 40;

/** In the order in which they are met; of what is no ONNX file, none. What cannot be read, the engine refuses. */
export function randomOperators(model: Uint8Array): readonly string[] {
  const found = new Set<string>();
  const open: { readonly message: Message; readonly bytes: Uint8Array }[] = [{ message: "model", bytes: model }];
  for (let next = open.pop(); next; next = open.pop()) {
    for (const { field, bytes } of fieldsOf(next.bytes)) {
      const inner = INNER[next.message][field];
      if (inner) open.push({ message: inner, bytes });
      if (next.message !== "node" || field !== OP_TYPE || bytes.length > LONGEST_NAME) continue;
      const name = new TextDecoder().decode(bytes);
      if (RANDOM.has(name)) found.add(name);
    }
  }
  return [...found];
}

interface Field {
  readonly field: number;
  readonly bytes: Uint8Array;
}

/** Those with a length; at what is no protobuf it ends. */
function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  for (let at = 0; at < bytes.length; ) {
    const tag = varint(bytes, at);
    if (!tag) return;
    at = tag.end;
    const kind = tag.value % 8;
    if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else if (kind === 0 || kind === 2) {
      const number = varint(bytes, at);
      if (!number) return;
      at = number.end;
      if (kind === 0) continue;
      if (number.value > bytes.length - at) return;
      yield { field: Math.floor(tag.value / 8), bytes: bytes.subarray(at, at + number.value) };
      at += number.value;
    } else return;
  }
}

/** Only its size counts of a number that is larger than any length. */
function varint(bytes: Uint8Array, from: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let at = from; at < Math.min(bytes.length, from + 10); at++) {
    const byte = bytes[at] ?? 0;
    value += (byte & 127) * 2 ** (7 * (at - from));
    if (byte < 128) return { value, end: at + 1 };
  }
  return undefined;
}
