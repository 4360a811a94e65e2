// The process of a model, from within: takes the model and then inputs, answers each, and ends with its first failure.
import { messageOf } from "../../../core/errors.ts";
import { type OpenedModel, openModel, startEngine } from "./model-engine.ts";
import { ModelError } from "./model-error.ts";
import { numbersOf } from "./model-input.ts";
import { type Frame, FrameReader, head, type Kind } from "./model-wire.ts";

export interface ModelProcessIo {
  readonly memoryBytes: number;
  readonly outputBytes: number;
  readonly input: AsyncIterable<Uint8Array>;
  readonly write: (bytes: Uint8Array) => Promise<void>;
}

export async function serveModel({ memoryBytes, outputBytes, input, write }: ModelProcessIo): Promise<void> {
  const tell = async (kind: Kind, body: Uint8Array) => {
    await write(head(kind, body.length));
    await write(body);
  };
  let model: OpenedModel | undefined;

  async function take({ kind, body }: Frame): Promise<void> {
    if (kind === "model") {
      model = await openModel(body);
      return tell("opened", new Uint8Array(0));
    }
    if (kind !== "input" || !model) throw new Error(`a frame of kind ${kind}`);
    const output = await model.run(numbersOf(body));
    if (output.length > outputBytes) {
      const message = `the output has ${output.length} bytes: more than ${outputBytes} are not taken`;
      throw new ModelError("model_output", message);
    }
    return tell("output", output);
  }

  try {
    await startEngine(memoryBytes);
    const frames = new FrameReader(memoryBytes);
    for await (const chunk of input) for (const frame of frames.push(chunk)) await take(frame);
  } catch (error) {
    const code = error instanceof ModelError ? error.code : "model_failed";
    await tell("failed", new TextEncoder().encode(JSON.stringify({ code, message: messageOf(error) })));
  }
}
