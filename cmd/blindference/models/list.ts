// fxn blindference models list: which models of the network this node can run, and why not the others.
import { Command } from "clipanion";
import { Models } from "../../../src/networks/blindference/jobs/models.ts";
import { formName, formOf, KNOWN_MODELS } from "../../../src/networks/blindference/prompt-forms.ts";
import { EXIT } from "../../base.ts";
import { table } from "../../table.ts";
import { BlindferenceCommand } from "../blindference-command.ts";

interface Row {
  readonly model: string;
  /** How it is worded. */
  readonly form: string;
  /** Whether networks.blindference.models has it. */
  readonly named: boolean;
  readonly runnable: boolean;
  /** What the model server is asked for. */
  readonly askedAs: string | null;
  readonly route: string;
  readonly problem: string | null;
}

export class BlindferenceModelsListCommand extends BlindferenceCommand {
  static override paths = [["blindference", "models", "list"]];
  static override usage = Command.Usage({
    category: "Blindference",
    description: "list models, and which of them can be run",
    details: `
      Those of networks.blindference.models, and the ones that the network's own node knows. Each model server of
      model_backend.yaml is asked whether it works. What none of them has is not runnable: nothing is ever made up for it. Only
      models that are named and runnable are told to the coordinator. Another model is added in model_backend.yaml.
    `,
    examples: [["For a script", "$0 blindference models list --json"]],
  });

  protected async run(): Promise<number> {
    const opened = await this.opened();
    const named = opened.settings.models;
    const rows = await this.asking(opened, async (servers) => {
      for (const problem of await servers.ask()) this.printError(`fxn: ${problem}`);
      const all = [...new Set([...named, ...KNOWN_MODELS])];
      const models = new Models(all, servers);
      return all.map((model): Row => {
        const found = models.find(model);
        const form = formOf(model);
        const known = { model, form: formName(form), named: named.includes(model), route: form.route };
        if (typeof found === "string") return { ...known, runnable: false, askedAs: null, problem: found };
        return { ...known, runnable: true, askedAs: found.served, problem: null };
      });
    });
    if (this.json) this.printJson({ schema: 1, models: rows });
    else {
      const cells = ({ model, form, named: is, askedAs, route, problem }: Row) => [
        ...[model, form, is ? "yes" : "no"],
        problem === null ? `answers, as ${askedAs} at ${route}` : `not runnable: ${problem}`,
      ];
      this.print(table(["model", "form", "named", "state"], rows.map(cells)));
    }
    return EXIT.ok;
  }
}
