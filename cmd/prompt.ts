// Asking a person on the terminal, with echo and without.
import { createInterface } from "node:readline";
import { type Readable, Writable } from "node:stream";
import { FxnError } from "../src/core/errors.ts";
import { Secret } from "../src/core/secret.ts";

export interface Terminal {
  /** One line, without its end. Throws PromptError when it is cancelled. */
  ask(question: string): Promise<string>;
  /** The same with no echo. */
  askHidden(question: string): Promise<Secret>;
}

export class PromptError extends FxnError<"prompt_cancelled" | "prompt_no_terminal"> {
  constructor(code: "prompt_cancelled" | "prompt_no_terminal", message: string, hint: string) {
    super(code, 500, message, { hint });
  }
}

/** undefined where `input` is no terminal: a pipe cannot answer. Questions go to `output`, never mixed into results. */
export function terminalOf(input: Readable, output: Writable): Terminal | undefined {
  if (!("isTTY" in input) || input.isTTY !== true) return undefined;
  return {
    ask: (question) => readLine(input, output, question),
    async askHidden(question) {
      // First: until the terminal is told otherwise, it shows what is typed, and ends the program at Ctrl-C.
      const answer = readLine(input, nowhere(), "");
      output.write(question);
      try {
        return new Secret(await answer);
      } finally {
        output.write("\n");
      }
    },
  };
}

function readLine(input: Readable, output: Writable, question: string): Promise<string> {
  const lines = createInterface({ input, output, terminal: true, historySize: 0 });
  return new Promise((resolve, reject) => {
    // Ctrl-C and Ctrl-D both end in "close" with no answer; after an answer the rejection has no effect.
    lines.once("close", () => reject(new PromptError("prompt_cancelled", "Cancelled", "Nothing was written.")));
    lines.question(question, (answer) => {
      resolve(answer);
      lines.close();
    });
  });
}

/** Takes what readline would echo. */
function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
