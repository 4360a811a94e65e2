// The process of a model, from the node: started for one model, asked one input at a time, killed when anything goes wrong.
import { z } from "zod";
import type { Clock } from "../../../core/clock.ts";
import { messageOf } from "../../../core/errors.ts";
import { clean } from "../../../lib/clean.ts";
import type { ModelLimits } from "./compute.ts";
import { MODEL_FAULTS, ModelError } from "./model-error.ts";
import { type Frame, FrameReader, head } from "./model-wire.ts";

export interface ModelProgram {
  readonly argv: readonly string[];
  /** All of it. */
  readonly env: Readonly<Record<string, string>>;
}

interface Asked {
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: unknown) => void;
}

const failure = z.object({ code: z.enum(MODEL_FAULTS), message: z.string() });
/** A failure in words. */
const LEAST_FRAME = 16 * 1024;
/** What it says beside its protocol, which tells how it ended. */
const LAST_WORDS = 2000;

export class ModelProcess {
  readonly #limits: ModelLimits;
  readonly #clock: Clock;
  readonly #child: Bun.Subprocess<"pipe", "pipe", "pipe">;
  #asked: Asked | undefined;
  /** Why there is no more to be had of it. */
  #over: { readonly error: unknown } | undefined;
  #lastWords = "";

  /** Throws ModelError when there is no such program. */
  constructor({ argv, env }: ModelProgram, limits: ModelLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    try {
      this.#child = Bun.spawn([...argv], { env: { ...env }, stdio: ["pipe", "pipe", "pipe"], windowsHide: true });
    } catch (cause) {
      throw new ModelError("model_ended", `the process of a model cannot be started: ${messageOf(cause)}`, cause);
    }
    void this.#hear();
  }

  /** One after the other; when it throws, the process has ended. Throws ModelError, or the signal's reason. */
  async ask(kind: "model" | "input", body: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted();
    if (this.#over) throw this.#over.error;
    if (this.#asked) throw new Error("a model is asked one thing at a time");
    const { promise, resolve, reject } = Promise.withResolvers<Frame>();
    this.#asked = { resolve, reject };
    const onAbort = () => this.end(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const { timeMs } = this.#limits;
    const cancelTimer = this.#clock.after(timeMs, () =>
      this.end(new ModelError("model_timeout", `the model took longer than ${timeMs} ms`)),
    );
    try {
      this.#send(head(kind, body.length), body);
      const answer = await promise;
      if (answer.kind !== (kind === "model" ? "opened" : "output")) throw this.end(failureIn(answer));
      return answer.body;
    } finally {
      cancelTimer();
      signal.removeEventListener("abort", onAbort);
      this.#asked = undefined;
    }
  }

  /** Kills it, and gives back why it is over. */
  end(error: unknown): unknown {
    this.#over ??= { error };
    this.#child.kill("SIGKILL");
    this.#asked?.reject(this.#over.error);
    return this.#over.error;
  }

  #send(...parts: readonly Uint8Array[]): void {
    try {
      for (const part of parts) this.#child.stdin.write(part);
      // One that ends meanwhile is heard of by itself.
      Promise.resolve(this.#child.stdin.flush()).catch(() => {});
    } catch {
      // As above.
    }
  }

  async #hear(): Promise<void> {
    const words = this.#hearWords();
    const frames = new FrameReader(Math.max(this.#limits.outputBytes, LEAST_FRAME));
    try {
      for await (const chunk of this.#child.stdout) for (const frame of frames.push(chunk)) this.#take(frame);
    } catch (error) {
      this.end(new ModelError("model_ended", messageOf(error), error));
    }
    await Promise.all([words, this.#child.exited]);
    const { signalCode, exitCode } = this.#child;
    const how = `the process of a model ended with ${signalCode ?? `code ${exitCode}`}`;
    this.end(new ModelError("model_ended", how, clean(this.#lastWords) || undefined));
  }

  #take(frame: Frame): void {
    if (this.#asked) this.#asked.resolve(frame);
    else this.end(new ModelError("model_ended", "the process of a model answers what was not asked"));
  }

  async #hearWords(): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.#child.stderr) {
        this.#lastWords = `${this.#lastWords}${decoder.decode(chunk, { stream: true })}`.slice(-LAST_WORDS);
      }
    } catch {
      // Then it said no more.
    }
  }
}

function failureIn({ kind, body }: Frame): ModelError {
  try {
    if (kind !== "failed") throw new Error(`${kind} is no answer`);
    const { code, message } = failure.parse(JSON.parse(new TextDecoder().decode(body)));
    return new ModelError(code, clean(message));
  } catch (error) {
    return new ModelError("model_ended", "the process of a model answers what is not in its protocol", error);
  }
}
