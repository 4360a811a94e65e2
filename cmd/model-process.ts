// The process of one OARN model: nothing but the engine, its standard input and its standard output.
import { serveModel } from "../src/networks/oarn/compute/serve-model.ts";

/** Both numbers as the node gives them. */
export async function runModelProcess(memoryBytes: string, outputBytes: string): Promise<void> {
  // The engine prints what models make it say; standard output is the protocol's.
  // biome-ignore lint/suspicious/noConsole: nothing is printed by this
  console.log = console.error;
  await serveModel({
    memoryBytes: Number(memoryBytes),
    outputBytes: Number(outputBytes),
    input: Bun.stdin.stream(),
    async write(bytes) {
      await Bun.write(Bun.stdout, bytes);
    },
  });
}
