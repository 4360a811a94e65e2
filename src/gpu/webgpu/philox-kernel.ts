// The entries of a proof's matrices in WGSL, as src/matrix/philox.ts defines them: listed rows, four entries in a word.

/** Blocks of 32 entries that one workgroup makes. */
export const BLOCKS_PER_GROUP = 64;

/**
 * Rows of `blocks` blocks, from block `start` of the matrix on. What lies past the matrix's own width does no harm: the rows
 * of B past k stay 0, and columns past n are not read.
 * WGSL has no 64-bit product: its upper half is put together from halves of 16 bits.
 */
export const philoxKernel = `
struct Part { first: u32, blocks: u32, rows: u32, start: u32, k0: u32, k1: u32, c2: u32, c3: u32 }
@group(0) @binding(0) var<uniform> part: Part;
@group(0) @binding(1) var<storage, read> indices: array<u32>;
@group(0) @binding(2) var<storage, read_write> entries: array<u32>;

fn high(a: u32, b: u32) -> u32 {
  let low = (a & 0xffff) * (b & 0xffff);
  let cross = (a >> 16) * (b & 0xffff) + (low >> 16);
  let other = (a & 0xffff) * (b >> 16) + (cross & 0xffff);
  return (a >> 16) * (b >> 16) + (cross >> 16) + (other >> 16);
}

fn philox(counter: vec4<u32>) -> vec4<u32> {
  var c = counter;
  var k = vec2(part.k0, part.k1);
  for (var round = 0u; round < 10; round++) {
    c = vec4(high(0xcd9e8d57, c.z) ^ c.y ^ k.x, 0xcd9e8d57u * c.z, high(0xd2511f53, c.x) ^ c.w ^ k.y, 0xd2511f53u * c.x);
    k += vec2(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

/** Four nibbles to four bytes: n - 8 is n with its top bit turned, its sign spread over the upper half. */
fn bytes(nibbles: u32) -> u32 {
  let n = nibbles ^ 0x8888;
  let spread = (n & 0xf) | ((n & 0xf0) << 4) | ((n & 0xf00) << 8) | ((n & 0xf000) << 12);
  return spread | ((spread & 0x08080808) * 0x1e);
}

@compute @workgroup_size(${BLOCKS_PER_GROUP})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  let id = (part.first + group.x) * ${BLOCKS_PER_GROUP} + me;
  let row = id / part.blocks;
  if (row >= part.rows) { return; }
  let block = part.start + id % part.blocks;
  let words = philox(vec4(block, indices[row], part.c2, part.c3));
  for (var w = 0u; w < 4; w++) {
    entries[id * 8 + w * 2] = bytes(words[w] & 0xffff);
    entries[id * 8 + w * 2 + 1] = bytes(words[w] >> 16);
  }
}`;
