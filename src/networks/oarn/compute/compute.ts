// The joint between OARN's jobs and what runs model files.

export interface ModelLimits {
  /** Of the model, what it computes with, and what it computes. */
  readonly memoryBytes: number;
  /** To load the model, and again for each input; of the clock on the wall. */
  readonly timeMs: number;
  /** Processor time of all of them together; in a sandbox. */
  readonly cpuMs: number;
  readonly outputBytes: number;
}

export interface RunningModel {
  /**
   * One input at a time: the result's bytes, or an error, never anything in their place. After a failure the model is closed.
   * Throws ModelError, or the signal's reason.
   */
  run(input: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
  close(): void;
}

export interface Compute {
  /** Formats that it runs: "onnx". */
  readonly frameworks: readonly string[];
  /** Whether models can be run, before any is promised. Throws SandboxError. */
  check(): Promise<void>;
  /** Throws ModelError, SandboxError, or the signal's reason. */
  open(model: Uint8Array, limits: ModelLimits, signal: AbortSignal): Promise<RunningModel>;
}

/** What reference nodes take for an ONNX file. */
export function looksLikeOnnx(model: Uint8Array): boolean {
  return model.length > 100 && model[0] === 0x08;
}
