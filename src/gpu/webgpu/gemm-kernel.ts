// The multiplication in WGSL: C = A·B in tiles of 64×64, for float32 and for int8 with four entries of k in one word.

/** Rows and columns of a tile of C; one workgroup makes one tile. */
export const TILE = 64;
/** Words along k that a workgroup loads at a time. */
export const STEP = 16;

interface Flavour {
  /** What is multiplied, and what is summed up. */
  readonly word: string;
  readonly sum: string;
  /** How B lies in its buffer, row-major, and how four columns of it at word `k` are read. */
  readonly b: string;
  readonly helpers: string;
}

const FLOAT32: Flavour = {
  word: "f32",
  sum: "f32",
  b: "vec4<f32>",
  helpers: `
fn columns_of_b(k: u32, column: u32) -> vec4<f32> { return b[k * cut.across * ${TILE / 4} + column]; }
fn add(sum: vec4<f32>, a: f32, b: vec4<f32>) -> vec4<f32> { return fma(vec4(a), b, sum); }`,
};

/** Bytes of one word come from one row of B, where they are neighbours in a row; dot products want neighbours in a column. */
const INT8: Flavour = {
  word: "u32",
  sum: "i32",
  b: "u32",
  helpers: `
fn columns_of_b(k: u32, column: u32) -> vec4<u32> {
  let pitch = cut.across * ${TILE / 4};
  let at = k * 4 * pitch + column;
  let w = vec4(b[at], b[at + pitch], b[at + 2 * pitch], b[at + 3 * pitch]);
  let even = (w.xz & vec2(0x00ff00ffu)) | ((w.yw & vec2(0x00ff00ffu)) << vec2(8u));
  let odd = ((w.xz >> vec2(8u)) & vec2(0x00ff00ffu)) | (w.yw & vec2(0xff00ff00u));
  return vec4(
    (even.x & 0xffff) | (even.y << 16), (odd.x & 0xffff) | (odd.y << 16),
    (even.x >> 16) | (even.y & 0xffff0000), (odd.x >> 16) | (odd.y & 0xffff0000));
}
fn add(sum: vec4<i32>, a: u32, b: vec4<u32>) -> vec4<i32> {
  return sum + vec4(dot4(a, b.x), dot4(a, b.y), dot4(a, b.z), dot4(a, b.w));
}`,
};

const DOT_BUILT_IN = "fn dot4(a: u32, b: u32) -> i32 { return dot4I8Packed(a, b); }";
const DOT_BY_HAND = `
fn bytes(word: u32) -> vec4<i32> { return vec4<i32>(vec4(word << 24, word << 16, word << 8, word)) >> vec4(24u); }
fn dot4(a: u32, b: u32) -> i32 { return dot(bytes(a), bytes(b)); }`;

export const float32Kernel = gemm(FLOAT32);

/** @param packed whether WGSL has packed_4x8_integer_dot_product here */
export function int8Kernel(packed: boolean): string {
  return gemm({ ...INT8, helpers: (packed ? DOT_BUILT_IN : DOT_BY_HAND) + INT8.helpers });
}

/**
 * A: rows of `steps`·STEP words; B: rows of `across`·TILE entries; C likewise. All are padded, so that nothing is checked here.
 * A workgroup of 256 puts STEP words of 64 rows of A and of 64 columns of B into its own memory; each member makes 4×4 of C.
 */
function gemm({ word, sum, b, helpers }: Flavour): string {
  return `
struct Cut { first: u32, across: u32, steps: u32 }
@group(0) @binding(0) var<uniform> cut: Cut;
@group(0) @binding(1) var<storage, read> a: array<vec4<${word}>>;
@group(0) @binding(2) var<storage, read> b: array<${b}>;
@group(0) @binding(3) var<storage, read_write> c: array<vec4<${sum}>>;
var<workgroup> rows: array<vec4<${word}>, ${(TILE * STEP) / 4}>;
var<workgroup> columns: array<vec4<${word}>, ${(TILE * STEP) / 4}>;
${helpers}

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) me: vec3<u32>,
        @builtin(local_invocation_index) load: u32) {
  let tile = cut.first + group.x;
  let row = (tile / cut.across) * ${TILE};
  let column = (tile % cut.across) * ${TILE / 4};
  ${rows((r) => `var sum${r}: vec4<${sum}>;`)}
  for (var step = 0u; step < cut.steps; step++) {
    rows[load] = a[(row + load / 4) * cut.steps * ${STEP / 4} + step * ${STEP / 4} + load % 4];
    columns[load] = columns_of_b(step * ${STEP} + load / 16, column + load % 16);
    workgroupBarrier();
    for (var k = 0u; k < ${STEP / 4}; k++) {
      let b0 = columns[k * 64 + me.x];
      let b1 = columns[k * 64 + 16 + me.x];
      let b2 = columns[k * 64 + 32 + me.x];
      let b3 = columns[k * 64 + 48 + me.x];
      ${rows((r) => `let a${r} = rows[(me.y * 4 + ${r}) * ${STEP / 4} + k];`)}
      ${rows((r) => `sum${r} = add(add(add(add(sum${r}, a${r}.x, b0), a${r}.y, b1), a${r}.z, b2), a${r}.w, b3);`)}
    }
    workgroupBarrier();
  }
  ${rows((r) => `c[(row + me.y * 4 + ${r}) * cut.across * ${TILE / 4} + column + me.x] = sum${r};`)}
}`;
}

/** The same for each of a member's four rows, written out: an array with a running index may end up outside of registers. */
function rows(line: (row: number) => string): string {
  return [0, 1, 2, 3].map(line).join("\n  ");
}
