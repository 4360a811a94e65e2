// fxn oarn local inference: one answer from the home's own model servers, with no network and no chain.
import { randomUUID } from "node:crypto";
import { Command, Option, UsageError } from "clipanion";
import { systemClock } from "../../../src/core/clock.ts";
import { FxnError } from "../../../src/core/errors.ts";
import { SILENT } from "../../../src/core/log.ts";
import { loadConfig } from "../../../src/networks/config.ts";
import { openLocalText } from "../../../src/node/local-text.ts";
import { EXIT, FxnCommand } from "../../base.ts";
import { VERSION } from "../../version.ts";

export class OarnLocalInferenceCommand extends FxnCommand {
  static override paths = [["oarn", "local", "inference"]];
  static override usage = Command.Usage({
    category: "OARN",
    description: "ask this home's own model servers, with no network",
    details: `
      Sends PROMPT, or standard input for -, as one user message to the model servers of model_backend.yaml, at temperature 0
      and with the seed of OARN's text tasks, and prints the answer as it comes. No node need run, nothing goes to a chain,
      to IPFS or to another node, nothing is written down. A whole node without networks of its own accord is one whose
      config.yaml has none of them on.
    `,
    examples: [
      ["With the first model", '$0 oarn local inference "What is six times seven?"'],
      ["With another one", "$0 oarn local inference - --model llama-3.1-8b < question.txt"],
    ],
  });

  prompt = Option.String({ name: "PROMPT" });
  model = Option.String("--model", { description: "Default: the first of model_backend.yaml" });

  protected async run(): Promise<number> {
    const prompt = this.prompt === "-" ? (await this.readInput()).toString("utf8") : this.prompt;
    if (prompt.trim() === "") throw new UsageError("PROMPT is empty");
    const loaded = await loadConfig({ home: this.homeDir(), env: this.context.env });
    const local = openLocalText(loaded, {
      home: this.homeDir(),
      env: this.context.env,
      version: VERSION,
      clock: systemClock,
      log: SILENT,
    });
    try {
      const model = this.model ?? local.models[0];
      if (model === undefined)
        throw new FxnError("no_models", 500, "there is no model server", {
          hint: "Say where it is: fxn init --backend URL, or write model_backend.yaml.",
        });
      const answer = local.text.generate({
        id: randomUUID(),
        network: "local",
        caller: "local",
        model,
        prompt: [{ role: "user", content: prompt }],
        temperature: 0,
        seed: 0,
        signal: new AbortController().signal,
      });
      for await (const part of answer) this.context.stdout.write(part);
      this.context.stdout.write("\n");
      return EXIT.ok;
    } finally {
      local.close();
    }
  }
}
