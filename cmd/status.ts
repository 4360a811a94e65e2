// fxn status: ten lines about the running node, each problem with what to do next.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command, Option, UsageError } from "clipanion";
import { CONFIG_FILE } from "../src/config/load.ts";
import { askControl } from "../src/lib/control-socket.ts";
import { EXIT, FxnCommand } from "./base.ts";
import { askHost, isHost } from "./fleet/ask-host.ts";
import { earnedTogether, fleetLines } from "./fleet/fleet-lines.ts";
import { nodeStatus } from "./node-status.ts";
import { statusLines } from "./status-lines.ts";
import { trafficIn, trafficWords } from "./traffic.ts";
import { VERSION } from "./version.ts";

/** Each is two connections, one after the other. */
const MOST_HOSTS = 64;

export class StatusCommand extends FxnCommand {
  static override paths = [["status"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "show how the running node is, and what to do next",
    details: `
      Asks the node that runs on this home: about ten lines, and where something is not well what to do about it. All the
      rest is in fxn top and in --json. Exit code 0 when it is ready to serve, 1 when it is not or does not run.
      --ready prints nothing: for health checks. --json prints the whole status; its shape has a version.
      --all asks the nodes of other machines over ssh, by running fxn there, and shows them in one table with what they have
      earned together in thirty days. It needs keys that ssh takes without asking; exit code 0 when all of them are ready.
    `,
    examples: [
      ["For a person", "fxn status"],
      ["For a health check", "fxn status --ready"],
      ["Three machines at once", "fxn status --all gpu-1 gpu-2 me@gpu-3.lan"],
    ],
  });

  json = Option.Boolean("--json", false, { description: "For a machine" });
  ready = Option.Boolean("--ready", false, { description: "Only the exit code" });

  all = Option.Boolean("--all", false, { description: "Of the machines that are named, over ssh" });
  hosts = Option.Rest({ name: "host" });

  protected async run(): Promise<number> {
    if (this.all || this.hosts.length > 0) return this.#ofAll();
    const home = this.homeDir();
    const answer = await askControl(home, "GET", "/status");
    const status = answer ? nodeStatus.parse(answer.json) : undefined;
    if (this.ready) return status?.ready ? EXIT.ok : EXIT.failed;
    if (this.json) this.printJson(status ?? { schema: 1, running: false, home });
    else if (status) {
      const traffic = await trafficIn(home, this.context.env);
      this.print(statusLines(status, VERSION, traffic && trafficWords(traffic, Date.now())).join("\n"));
    } else if (existsSync(join(home, CONFIG_FILE))) this.print(`No node runs on ${home}. Start it with: fxn start`);
    else this.print(`No node runs on ${home}, and it has no ${CONFIG_FILE}: fxn init makes one, then fxn start`);
    return status?.ready ? EXIT.ok : EXIT.failed;
  }

  async #ofAll(): Promise<number> {
    const { hosts } = this;
    if (!this.all) throw new UsageError("other machines are named with --all: fxn status --all HOST…");
    if (hosts.length === 0 || hosts.length > MOST_HOSTS) throw new UsageError(`--all wants 1 to ${MOST_HOSTS} hosts`);
    const odd = hosts.find((host) => !isHost(host));
    if (odd !== undefined) throw new UsageError(`"${odd}" is no host, and no user@host`);
    const answers = await Promise.all([...new Set(hosts)].map((host) => askHost(host, this.context.env)));
    if (this.json) this.printJson({ schema: 1, hosts: answers, earnings: earnedTogether(answers) });
    else if (!this.ready) this.print(fleetLines(answers).join("\n"));
    return answers.every(({ status }) => status?.ready) ? EXIT.ok : EXIT.failed;
  }
}
