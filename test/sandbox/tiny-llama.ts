// A llama model small enough to be written when needed: random weights of a fixed seed, and word classes in order.
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeGguf, type GgufTensor, type GgufValue } from "./gguf.ts";
import { FOLLOWERS, SPECIAL_ID, type VocabularyToken, vocabulary, WORD_CLASSES, type WordClass } from "./vocabulary.ts";

/** Goes up with each change of the weights or the vocabulary, so that a cached older file is not used. */
const REVISION = 1;
const SEED = 20_250_601;

/** Prompt and answer together. */
export const CONTEXT_TOKENS = 2048;
const WIDTH = 64;
const HEADS = 4;
const LAYERS = 2;
const FEED_FORWARD = 128;
const NORM_EPSILON = 1e-5;

/**
 * The first columns of an embedding say its word class. The sign is large beside the random rest, so that the
 * output layer can let the classes that may follow win by about 28 in logits, and chance picks the word.
 */
const CLASS_SIGN = 8;
const CLASS_LOGIT = 2;
/** One full stop stands against dozens of words: with this it ends about one sentence part in three. */
const STOP_LOGIT = 2.4;
const EMBEDDING_NOISE = 0.5;
const OUTPUT_NOISE = 0.3;
const LAYER_NOISE = 0.05;

/** Writes the model to `directory` unless it is there; the result is its path. */
export function tinyLlamaFile(directory: string): string {
  const path = join(directory, `tiny-llama-${REVISION}.gguf`);
  if (existsSync(path)) return path;
  mkdirSync(directory, { recursive: true });
  // Two processes may write at the same time: neither may load the other's half.
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, tinyLlama());
  renameSync(draft, path);
  return path;
}

/** The model file; the same bytes at each call. */
export function tinyLlama(): Uint8Array {
  const tokens = vocabulary();
  return encodeGguf(metadata(tokens), tensors(tokens));
}

/** Keys: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, "Standardized key-value pairs". */
function metadata(tokens: readonly VocabularyToken[]): Record<string, GgufValue> {
  return {
    "general.architecture": { type: "string", value: "llama" },
    "general.name": { type: "string", value: "tiny-llama" },
    "general.file_type": { type: "uint32", value: 0 },
    "llama.context_length": { type: "uint32", value: CONTEXT_TOKENS },
    "llama.embedding_length": { type: "uint32", value: WIDTH },
    "llama.block_count": { type: "uint32", value: LAYERS },
    "llama.feed_forward_length": { type: "uint32", value: FEED_FORWARD },
    "llama.attention.head_count": { type: "uint32", value: HEADS },
    "llama.attention.head_count_kv": { type: "uint32", value: HEADS },
    "llama.attention.layer_norm_rms_epsilon": { type: "float32", value: NORM_EPSILON },
    "llama.rope.dimension_count": { type: "uint32", value: WIDTH / HEADS },
    "llama.vocab_size": { type: "uint32", value: tokens.length },
    "tokenizer.ggml.model": { type: "string", value: "llama" },
    "tokenizer.ggml.tokens": { type: "strings", value: tokens.map((token) => token.text) },
    "tokenizer.ggml.scores": { type: "float32s", value: tokens.map((_, id) => -id) },
    "tokenizer.ggml.token_type": { type: "int32s", value: tokens.map((token) => token.type) },
    "tokenizer.ggml.unknown_token_id": { type: "uint32", value: SPECIAL_ID.unknown },
    "tokenizer.ggml.bos_token_id": { type: "uint32", value: SPECIAL_ID.begin },
    "tokenizer.ggml.eos_token_id": { type: "uint32", value: SPECIAL_ID.end },
    "tokenizer.ggml.add_bos_token": { type: "bool", value: true },
    "tokenizer.ggml.add_eos_token": { type: "bool", value: false },
  };
}

function tensors(tokens: readonly VocabularyToken[]): GgufTensor[] {
  const noise = gaussian(SEED);
  const random = (name: string, shape: readonly number[], deviation: number): GgufTensor => {
    const length = shape.reduce((product, size) => product * size, 1);
    return { name, shape, data: Float32Array.from({ length }, () => noise() * deviation) };
  };
  const ones = (name: string): GgufTensor => ({ name, shape: [WIDTH], data: new Float32Array(WIDTH).fill(1) });

  const embedding = random("token_embd.weight", [WIDTH, tokens.length], EMBEDDING_NOISE);
  const output = random("output.weight", [WIDTH, tokens.length], OUTPUT_NOISE);
  for (const [id, token] of tokens.entries()) {
    for (const [column, name] of WORD_CLASSES.entries()) {
      embedding.data[id * WIDTH + column] = name === token.wordClass ? CLASS_SIGN : 0;
      output.data[id * WIDTH + column] = followLogit(name, token.wordClass);
    }
  }
  const layers = Array.from({ length: LAYERS }, (_, layer) => [
    ones(`blk.${layer}.attn_norm.weight`),
    random(`blk.${layer}.attn_q.weight`, [WIDTH, WIDTH], LAYER_NOISE),
    random(`blk.${layer}.attn_k.weight`, [WIDTH, WIDTH], LAYER_NOISE),
    random(`blk.${layer}.attn_v.weight`, [WIDTH, WIDTH], LAYER_NOISE),
    random(`blk.${layer}.attn_output.weight`, [WIDTH, WIDTH], LAYER_NOISE),
    ones(`blk.${layer}.ffn_norm.weight`),
    random(`blk.${layer}.ffn_gate.weight`, [WIDTH, FEED_FORWARD], LAYER_NOISE),
    random(`blk.${layer}.ffn_up.weight`, [WIDTH, FEED_FORWARD], LAYER_NOISE),
    random(`blk.${layer}.ffn_down.weight`, [FEED_FORWARD, WIDTH], LAYER_NOISE),
  ]).flat();
  return [embedding, ...layers, ones("output_norm.weight"), output];
}

function followLogit(previous: WordClass, next: WordClass): number {
  if (!FOLLOWERS[previous].includes(next)) return -CLASS_LOGIT;
  return next === "stop" ? STOP_LOGIT : CLASS_LOGIT;
}

/** Normally distributed numbers: mulberry32, four of its uniform numbers summed and scaled to deviation 1. */
function gaussian(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3);
}
