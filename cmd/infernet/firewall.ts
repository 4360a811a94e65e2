// fxn infernet firewall: how to let others reach the p2p port; it changes nothing.
import { delimiter } from "node:path";
import { Command, Option, UsageError } from "clipanion";
import { FIREWALL_TOOLS, firewallHint } from "../../src/networks/infernet/firewall.ts";
import { EXIT } from "../base.ts";
import { InfernetCommand } from "./infernet-command.ts";

/** Where they usually are, and often not in the PATH of who is not root. */
const SYSTEM_FOLDERS = ["/usr/sbin", "/sbin", "/usr/local/sbin"];

export class InfernetFirewallCommand extends InfernetCommand {
  static override paths = [["infernet", "firewall"]];
  static override usage = Command.Usage({
    category: "Infernet",
    description: "show how to open the p2p port in this machine's firewall",
    details: "Prints commands for the firewall tools that are here; it runs none of them.",
    examples: [["For the port of config.yaml", "$0 infernet firewall"]],
  });

  port = Option.String("--port", { description: "Another port than networks.infernet.p2p.port" });

  protected async run(): Promise<number> {
    const port = this.port === undefined ? (await this.settings()).p2p.port : Number(this.port);
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new UsageError("--port takes a number from 1 to 65535");
    const PATH = [this.context.env.PATH ?? "", ...SYSTEM_FOLDERS].join(delimiter);
    const found = FIREWALL_TOOLS.filter((tool) => Bun.which(tool, { PATH }) !== null);
    for (const line of firewallHint(port, process.platform, found)) this.print(line);
    return EXIT.ok;
  }
}
