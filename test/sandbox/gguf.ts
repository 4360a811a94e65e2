// Writes the GGUF v3 file format, as far as a llama model with plain float weights needs it.
// Source of every constant: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

const MAGIC = "GGUF";
const VERSION = 3;
/** Tensor data begins, and each tensor is padded, at multiples of it (the format's default). */
const ALIGNMENT = 32;
/** gguf_metadata_value_type */
const VALUE_TYPE = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;
/** ggml_type of the only tensors written here. */
const TENSOR_F32 = 0;

export type GgufValue =
  | { readonly type: "uint32" | "int32" | "float32"; readonly value: number }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "strings"; readonly value: readonly string[] }
  | { readonly type: "int32s" | "float32s"; readonly value: readonly number[] };

export interface GgufTensor {
  readonly name: string;
  /** Columns first: a matrix that turns `in` numbers into `out` is [in, out], stored row by row of `in`. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The bytes of a file that llama.cpp loads. */
export function encodeGguf(metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): Uint8Array {
  const header = new ByteWriter();
  header.text(MAGIC);
  header.uint32(VERSION);
  header.uint64(tensors.length);
  header.uint64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    header.string(key);
    writeValue(header, value);
  }
  let offset = 0;
  for (const tensor of tensors) {
    header.string(tensor.name);
    header.uint32(tensor.shape.length);
    for (const size of tensor.shape) header.uint64(size);
    header.uint32(TENSOR_F32);
    header.uint64(offset);
    offset += padded(tensor.data.byteLength);
  }
  const start = padded(header.bytes.length);
  const file = new Uint8Array(start + offset);
  file.set(header.bytes);
  let at = start;
  for (const { data } of tensors) {
    const view = new DataView(file.buffer, at);
    for (const [i, weight] of data.entries()) view.setFloat32(i * Float32Array.BYTES_PER_ELEMENT, weight, true);
    at += padded(data.byteLength);
  }
  return file;
}

function writeValue(to: ByteWriter, entry: GgufValue): void {
  switch (entry.type) {
    case "bool":
      to.uint32(VALUE_TYPE.bool);
      to.uint8(entry.value ? 1 : 0);
      return;
    case "string":
      to.uint32(VALUE_TYPE.string);
      to.string(entry.value);
      return;
    case "strings":
      writeArrayHead(to, VALUE_TYPE.string, entry.value.length);
      for (const item of entry.value) to.string(item);
      return;
    case "int32s":
      writeArrayHead(to, VALUE_TYPE.int32, entry.value.length);
      for (const item of entry.value) to.int32(item);
      return;
    case "float32s":
      writeArrayHead(to, VALUE_TYPE.float32, entry.value.length);
      for (const item of entry.value) to.float32(item);
      return;
    default:
      to.uint32(VALUE_TYPE[entry.type]);
      to[entry.type](entry.value);
  }
}

function writeArrayHead(to: ByteWriter, itemType: number, length: number): void {
  to.uint32(VALUE_TYPE.array);
  to.uint32(itemType);
  to.uint64(length);
}

function padded(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}

/** Little-endian, as GGUF is. */
class ByteWriter {
  readonly bytes: number[] = [];
  readonly #cell = new DataView(new ArrayBuffer(8));

  uint8(value: number): void {
    this.bytes.push(value);
  }

  uint32(value: number): void {
    this.#cell.setUint32(0, value, true);
    this.#take(4);
  }

  int32(value: number): void {
    this.#cell.setInt32(0, value, true);
    this.#take(4);
  }

  uint64(value: number): void {
    this.#cell.setBigUint64(0, BigInt(value), true);
    this.#take(8);
  }

  float32(value: number): void {
    this.#cell.setFloat32(0, value, true);
    this.#take(4);
  }

  /** The bytes alone, with no length. */
  text(value: string): void {
    for (const byte of new TextEncoder().encode(value)) this.bytes.push(byte);
  }

  string(value: string): void {
    this.uint64(Buffer.byteLength(value));
    this.text(value);
  }

  #take(count: number): void {
    for (let i = 0; i < count; i++) this.bytes.push(this.#cell.getUint8(i));
  }
}
