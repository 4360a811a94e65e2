// fxn dashboard open: the page of the running node in this machine's browser.
import { Command, Option } from "clipanion";
import { z } from "zod";
import { askControl } from "../../src/lib/control-socket.ts";
import { EXIT, FxnCommand } from "../base.ts";
import { openBrowser } from "./browser.ts";

const answer = z.object({ url: z.url() });

export class DashboardOpenCommand extends FxnCommand {
  static override paths = [["dashboard", "open"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "open the node's page in a browser",
    details: `
      The page shows what the node does, as it does it: requests, tokens, GPUs, earnings, challenges, the ledger. It is on
      the listener of admin.listen and changes nothing. Where that is not a loopback address, the page asks for a token:
      the link that is printed has it, works once and for ten minutes. Exit code 1 when no node runs on this home.
    `,
    examples: [
      ["Open it here", "fxn dashboard open"],
      ["Only the link, for another browser", "fxn dashboard open --print"],
    ],
  });

  printOnly = Option.Boolean("--print", false, { description: "Print the link and open nothing" });
  json = Option.Boolean("--json", false, { description: "For a machine; opens nothing" });

  protected async run(): Promise<number> {
    const home = this.homeDir();
    const reply = await askControl(home, "POST", "/dashboard");
    if (!reply) {
      this.printError(`fxn: no node runs on ${home}`);
      this.printError("  Start it with: fxn start");
      return EXIT.failed;
    }
    const { url } = answer.parse(reply.json);
    if (this.json) this.printJson({ schema: 1, url });
    else {
      this.print(url);
      if (!this.printOnly && !(await openBrowser(url, process.platform, process.env))) this.#sayHow(url);
    }
    return EXIT.ok;
  }

  #sayHow(url: string): void {
    const { port, hostname } = new URL(url);
    this.printError("No browser could be opened here. From another machine, then open the link there:");
    this.printError(`  ssh -N -L ${port}:${hostname}:${port} ${process.env.USER ?? "USER"}@THIS-MACHINE`);
  }
}
