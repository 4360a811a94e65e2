// fxn reload: the running node takes over the configuration as it is now, or says everything that is wrong with it.
import { Command, Option } from "clipanion";
import { z } from "zod";
import { FxnError } from "../src/core/errors.ts";
import { askControl } from "../src/lib/control-socket.ts";
import { EXIT, FxnCommand } from "./base.ts";

/** Longer than the node itself waits. */
const LIMIT_MS = 120_000;

/** What a node says; a newer one may say more. */
const reloaded = z.object({
  schema: z.literal(1),
  applied: z.boolean(),
  effects: z.array(z.object({ kind: z.string(), of: z.string(), text: z.string() })),
  warnings: z.array(z.string()),
  underWay: z.number(),
});
const refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }), hint: z.string().optional() });

export class ReloadCommand extends FxnCommand {
  static override paths = [["reload"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "let the running node take over a changed configuration",
    details: `
      The node reads config.yaml, model_backend.yaml and its own environment again, opens what is new beside what runs, and
      changes over at once: no answer is cut, no request is lost. A configuration with a mistake is refused, with every
      problem in it, and the node goes on with the one that it has. Settings that need a restart are named, and stay as
      they were; all others take effect. --dry-run does all of it but the change.

      Exit code 0 when it was done, 78 for a configuration with mistakes, 77 when a key cannot be opened, 1 for the rest.
    `,
    examples: [
      ["What would happen", "fxn reload --dry-run"],
      ["After a change of model_backend.yaml", "fxn reload"],
    ],
  });

  dryRun = Option.Boolean("--dry-run", false, { description: "Say what it would do, and leave all as it is" });
  json = Option.Boolean("--json", false, { description: "For a machine" });

  protected async run(): Promise<number> {
    const home = this.homeDir();
    const answer = await askControl(home, "POST", this.dryRun ? "/reload?dryRun" : "/reload", LIMIT_MS);
    if (!answer) throw new FxnError("not_running", 409, `no node runs on ${home}`, { hint: "Start it: fxn start" });
    const done = reloaded.safeParse(answer.json);
    if (!done.success) throw refused(answer.status, answer.json);
    if (this.json) this.printJson(done.data);
    else this.#describe(done.data);
    return EXIT.ok;
  }

  #describe({ applied, effects, warnings, underWay }: z.output<typeof reloaded>): void {
    const going = underWay === 0 ? "" : `; ${underWay} ${underWay === 1 ? "answer goes" : "answers go"} on untouched`;
    if (effects.length === 0) this.print("the configuration says what it said before");
    for (const { text } of effects) this.print(text);
    for (const warning of warnings) this.printError(`warning: ${warning}`);
    this.print(applied ? `reloaded${going}` : `nothing was changed; fxn reload does it${going}`);
  }
}

function refused(status: number, json: unknown): FxnError {
  const said = refusal.safeParse(json);
  if (!said.success) return new FxnError("reload_failed", 500, `the node answered ${status}`);
  const { error, hint } = said.data;
  const goesOn = "The node goes on as it was.";
  return new FxnError(error.code, status, `not reloaded: ${error.message}`, {
    hint: hint ? `${hint} ${goesOn}` : goesOn,
  });
}
