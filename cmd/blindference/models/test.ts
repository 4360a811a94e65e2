// fxn blindference models test: one prompt to a model, in the very words that a job would use.
import { Command, Option, UsageError } from "clipanion";
import { FxnError } from "../../../src/core/errors.ts";
import { clean } from "../../../src/lib/clean.ts";
import { askModel } from "../../../src/networks/blindference/jobs/ask.ts";
import { Models } from "../../../src/networks/blindference/jobs/models.ts";
import { formName, formOf, KNOWN_MODELS } from "../../../src/networks/blindference/prompt-forms.ts";
import { EXIT } from "../../base.ts";
import type { ValuesOf } from "../../manual/values.ts";
import { BlindferenceCommand } from "../blindference-command.ts";

const BACKENDS = KNOWN_MODELS.map((model) => formName(formOf(model)));
const PROMPT = "What is 2+2?";
const PATIENCE_MS = 5 * 60_000;

export class BlindferenceModelsTestCommand extends BlindferenceCommand {
  static override values: ValuesOf = {
    ...BlindferenceCommand.values,
    MODEL: KNOWN_MODELS,
    "--model": KNOWN_MODELS,
    "--backend": BACKENDS,
  };
  static override paths = [["blindference", "models", "test"]];
  static override usage = Command.Usage({
    category: "Blindference",
    description: "ask a model as a job would",
    details: `
      Sends PROMPT to the model server that has MODEL, with the system text, the anchor, the seed and the limits of the network,
      and prints the answer. The node need not run; a model server that is a program is started for it. Without MODEL the first
      model of networks.blindference.models is asked, or with --backend the first one of that form.
    `,
    examples: [
      ["One model", `$0 blindference models test groq:llama-3.3-70b-versatile "What is 2+2?"`],
      ["The same with options", `$0 blindference models test --backend groq --prompt "What is 2+2?"`],
    ],
  });

  named = Option.String({ name: "MODEL", required: false });
  asked = Option.String({ name: "PROMPT", required: false });
  model = Option.String("--model", { description: "The same as MODEL" });
  prompt = Option.String("--prompt", { description: `The same as PROMPT; default: ${PROMPT}` });
  backend = Option.String("--backend", { description: `The model's form: ${BACKENDS.join(", ")}` });

  protected async run(): Promise<number> {
    const opened = await this.opened();
    const model = this.#model(opened.settings.models);
    const prompt = one("PROMPT", this.asked, this.prompt) ?? PROMPT;
    return this.asking(opened, async (servers) => {
      const runnable = new Models([model], servers).find(model);
      if (typeof runnable === "string") throw notRunnable(model, runnable);
      const question = { id: "blf-models-test", caller: "operator", model, prompt };
      const started = performance.now();
      const answer = await askModel(servers.text, runnable, { ...question, signal: AbortSignal.timeout(PATIENCE_MS) });
      const ms = Math.round(performance.now() - started);
      if (this.json) this.printJson({ schema: 1, model, askedAs: runnable.served, answer, ms });
      else {
        this.printError(`${clean(model)}, asked as ${clean(runnable.served)}: ${ms} ms`);
        this.print(answer);
      }
      return EXIT.ok;
    });
  }

  #model(names: readonly string[]): string {
    const given = one("MODEL", this.named, this.model);
    if (this.backend !== undefined && !BACKENDS.includes(this.backend))
      throw new UsageError(`--backend: "${this.backend}" is none of ${BACKENDS.join(", ")}`);
    const fits = (model: string) => this.backend === undefined || formName(formOf(model)) === this.backend;
    if (given !== undefined && !fits(given))
      throw new UsageError(`--backend: ${given} has the form ${formName(formOf(given))}`);
    const all = this.backend === undefined ? names : [...names, ...KNOWN_MODELS];
    const model = given ?? all.find(fits);
    if (model === undefined)
      throw new UsageError("which model? Give MODEL, or name some in networks.blindference.models");
    return model;
  }
}

export function notRunnable(model: string, why: string): FxnError {
  return new FxnError("model_not_runnable", 500, `${clean(model)} is not runnable: ${why}`, {
    hint: "Name the model, or an alias for it, in model_backend.yaml; see: fxn blindference models list",
  });
}

function one(name: string, positional: string | undefined, option: string | undefined): string | undefined {
  if (positional !== undefined && option !== undefined && positional !== option)
    throw new UsageError(`${name} was given twice: "${positional}" and "${option}"`);
  return positional ?? option;
}
