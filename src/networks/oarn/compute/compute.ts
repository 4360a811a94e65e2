// The joint between OARN's jobs and what runs model files.

export interface ComputeLimits {
  readonly ramMb: number | undefined;
  readonly timeMs: number;
  /** Bytes of the result. */
  readonly maxOutput: number;
}

export interface Compute {
  /** Formats that it runs: "onnx". */
  readonly frameworks: readonly string[];
  /** The result's bytes, or an error: never anything in their place. */
  run(model: Uint8Array, input: Uint8Array, limits: ComputeLimits, signal: AbortSignal): Promise<Uint8Array>;
}

/** What reference nodes take for an ONNX file. */
export function looksLikeOnnx(model: Uint8Array): boolean {
  return model.length > 100 && model[0] === 0x08;
}
