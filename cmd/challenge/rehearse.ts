// fxn challenge rehearse: be one's own scheduler: every challenge and a streamed chat, each passed or failed with the reason.
import { Command, Option } from "clipanion";
import { loadKernels } from "../../src/matrix/load.ts";
import { MAX_ROWS, MAX_SIDE } from "../../src/matrix/proof.ts";
import { checksWith, type Rehearsed, rehearse } from "../../src/scheduler/rehearse.ts";
import { EXIT } from "../base.ts";
import { positive } from "../numbers.ts";
import { SchedulerCommand } from "../scheduler-command.ts";

const WORDS = { pass: "pass", fail: "FAIL", skipped: "skip" } as const;

export class ChallengeRehearseCommand extends SchedulerCommand {
  static override paths = [["challenge", "rehearse"]];
  static override usage = Command.Usage({
    category: "Challenges",
    description: "be your own scheduler: every challenge and a chat",
    details: `
      Asks the node what the network will ask of it, checks each answer, and prints what passed, what failed and why, and
      the rates that were reached. Exit code 0 when nothing failed.

      URL is where the world reaches the node. Without --account the challenges go to the running node of this home, over
      a listener on loopback that it opens for a throw-away key and closes afterwards; at the URL itself it is then
      checked that the node lives and refuses strangers. With --account, a key that the node knows as its scheduler,
      everything goes through the URL.
    `,
    examples: [
      ["The node of this home", "fxn challenge rehearse"],
      ["The same, with its public URL", "fxn challenge rehearse https://node.example"],
      ["All of it through the public URL", "fxn challenge rehearse https://node.example --account scheduler"],
    ],
  });

  url = Option.String({ name: "URL", required: false });
  size = Option.String("--size", "2048", { description: "Of the exact proof: m, k and n" });
  rows = Option.String("--rows", "32", { description: "Of the exact proof: how many rows are opened" });
  json = Option.Boolean("--json", false, { description: "For a machine" });

  protected async run(): Promise<number> {
    const proof = { size: positive("--size", this.size, MAX_SIDE), rows: positive("--rows", this.rows, MAX_ROWS) };
    const publicUrl = this.url?.replace(/\/+$/, "");
    return this.asScheduler(publicUrl, async (client, http) => {
      const { kernels } = await loadKernels();
      const { signal } = new AbortController();
      const all: Rehearsed[] = [];
      for await (const one of rehearse(checksWith(http), { client, publicUrl, kernels, proof, signal })) {
        all.push(one);
        if (!this.json) this.print(`${WORDS[one.outcome]}  ${one.name.padEnd(22)} ${one.what}`);
      }
      const failed = all.filter(({ outcome }) => outcome === "fail").length;
      if (this.json) this.printJson({ schema: 1, passed: failed === 0, checks: all });
      else this.print(failed === 0 ? "\nNothing failed." : `\n${failed} failed.`);
      return failed === 0 ? EXIT.ok : EXIT.failed;
    });
  }
}
