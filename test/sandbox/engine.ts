// Runs the tiny model in llama.cpp: one model, several generations at once, each one stoppable.
import { getLlama, type LlamaContextSequence, LlamaLogLevel, type LlamaModel, type Token } from "node-llama-cpp";
import { SequencePool } from "./sequence-pool.ts";
import { StopText } from "./stop-text.ts";
import { CONTEXT_TOKENS } from "./tiny-llama.ts";

/** Generations that run at once; more of them wait. */
const SEQUENCES = 16;
/** Tokens before a new one that decide about its leading space; the engine looks at no more. */
const DETOKENIZE_BEHIND = 3;

export interface GenerationRequest {
  /** From `tokenize`. */
  readonly prompt: readonly Token[];
  /** The answer is shorter when the context is full. */
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP: number;
  /** Equal seeds give equal answers. */
  readonly seed: number;
  readonly stop: readonly string[];
  /** A chat's answer begins with a word, a completion with the space before it. */
  readonly trimStart: boolean;
}

export interface Generation {
  readonly finish: "stop" | "length" | "cancelled";
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** Running or waiting now, and since the start. */
export interface GenerationCounts {
  readonly active: number;
  readonly finished: number;
  readonly cancelled: number;
}

export class PromptTooLong extends Error {
  constructor(promptTokens: number) {
    super(`The context holds ${CONTEXT_TOKENS} tokens, the prompt has ${promptTokens} and leaves no room to answer.`);
  }
}

export interface EngineOptions {
  readonly modelFile: string;
  /** Milliseconds to wait before each token, as a larger model would; 0 is the engine's own speed. */
  readonly paceMs: number;
}

export class Engine {
  readonly #model: LlamaModel;
  readonly #pool: SequencePool;
  readonly #paceMs: number;
  readonly #counts = { active: 0, finished: 0, cancelled: 0 };

  private constructor(model: LlamaModel, pool: SequencePool, paceMs: number) {
    this.#model = model;
    this.#pool = pool;
    this.#paceMs = paceMs;
  }

  /** Uses the prebuilt binary of this OS: nothing is downloaded or compiled. */
  static async load({ modelFile, paceMs }: EngineOptions): Promise<Engine> {
    const llama = await getLlama({
      build: "never",
      skipDownload: true,
      progressLogs: false,
      logLevel: LlamaLogLevel.error,
      // The only binary for Apple silicon is the Metal one.
      gpu: process.platform === "darwin" && process.arch === "arm64" ? "metal" : false,
      maxThreads: 1,
    });
    const model = await llama.loadModel({ modelPath: modelFile, gpuLayers: 0 });
    // A model this small loses by threads: they wait for each other longer than they work.
    const context = await model.createContext({ contextSize: CONTEXT_TOKENS, sequences: SEQUENCES, threads: 1 });
    const sequences = Array.from({ length: SEQUENCES }, () => context.getSequence());
    return new Engine(model, new SequencePool(sequences), paceMs);
  }

  /** Throws PromptTooLong. */
  tokenize(text: string): Token[] {
    const { bos } = this.#model.tokens;
    const tokens = [...(bos === null ? [] : [bos]), ...this.#model.tokenize(text)];
    if (tokens.length >= CONTEXT_TOKENS) throw new PromptTooLong(tokens.length);
    return tokens;
  }

  /** Calls `onText` for each token, later only where its text may be the beginning of a stop sequence. */
  async generate(request: GenerationRequest, onText: (text: string) => void, signal: AbortSignal): Promise<Generation> {
    this.#counts.active++;
    try {
      const generation = await this.#inTurn(request, onText, signal);
      this.#counts[generation.finish === "cancelled" ? "cancelled" : "finished"]++;
      return generation;
    } finally {
      this.#counts.active--;
    }
  }

  counts(): GenerationCounts {
    return { ...this.#counts };
  }

  async #inTurn(request: GenerationRequest, onText: (text: string) => void, signal: AbortSignal): Promise<Generation> {
    const sequence = await this.#pool.take(signal);
    if (!sequence) return { finish: "cancelled", promptTokens: request.prompt.length, completionTokens: 0 };
    try {
      return await this.#run(sequence, request, onText, signal);
    } finally {
      await this.#pool.release(sequence);
    }
  }

  async #run(
    sequence: LlamaContextSequence,
    { prompt, maxTokens, stop, trimStart, temperature, topP, seed }: GenerationRequest,
    onText: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Generation> {
    const limit = Math.min(maxTokens, CONTEXT_TOKENS - prompt.length);
    const text = new StopText(stop);
    const recent = prompt.slice(-DETOKENIZE_BEHIND);
    let count = 0;
    const done = (finish: Generation["finish"]): Generation => {
      const held = text.end();
      if (held && finish !== "cancelled") onText(held);
      return { finish, promptTokens: prompt.length, completionTokens: count };
    };
    for await (const token of sequence.evaluate([...prompt], { temperature, topP, seed })) {
      if (this.#paceMs > 0) await Bun.sleep(this.#paceMs);
      if (signal.aborted) return done("cancelled");
      count++;
      const piece = this.#model.detokenize([token], false, recent);
      const shown = text.push(trimStart && count === 1 ? piece.trimStart() : piece);
      if (shown) onText(shown);
      if (text.stopped) return done("stop");
      if (count >= limit) return done("length");
      recent.push(token);
      recent.shift();
    }
    return done("stop");
  }
}
