// fxn networks status: how each network of its own accord is, and with --check what is wrong with it.
import { Command, Option } from "clipanion";
import type { Finding } from "../../src/core/check.ts";
import type { NetworkStatus } from "../../src/core/status.ts";
import { askControl } from "../../src/lib/control-socket.ts";
import { askNode } from "../../src/node/checks/in-node.ts";
import { EXIT, FxnCommand } from "../base.ts";
import { nodeStatus } from "../node-status.ts";

export class NetworksStatusCommand extends FxnCommand {
  static override paths = [["networks", "status"]];
  static override usage = Command.Usage({
    category: "Networks",
    description: "Show how each network is that runs beside the Function Network",
    details: `
      Asks the node that runs on this home. Exit code 0 when every network that is on can give it work. --check has the node
      ask each network what could keep work away, and says what to do. --json prints all of it; its shape has a version.
    `,
    examples: [
      ["For a person", "$0 networks status"],
      ["What is wrong?", "$0 networks status --check"],
    ],
  });

  check = Option.Boolean("--check", false, { description: "Look for what keeps work away" });
  json = Option.Boolean("--json", false, { description: "For a machine" });

  protected async run(): Promise<number> {
    const home = this.homeDir();
    const answer = await askControl(home, "GET", "/status");
    const networks = answer ? nodeStatus.parse(answer.json).networks.filter(({ id }) => this.wants(id)) : undefined;
    const found = networks && this.check ? await checksOf(networks, home) : [];
    if (this.json)
      this.printJson({ schema: 1, running: answer !== undefined, networks: networks ?? [], checks: found });
    else if (!networks) this.print(`No node runs on ${home}. Start it with: fxn start`);
    else this.print(describe(networks, found));
    const well = networks?.every(({ ready }) => ready) && found.every(({ state }) => state !== "fail");
    return well ? EXIT.ok : EXIT.failed;
  }

  /** @param network by its id */
  protected wants(_network: string): boolean {
    return true;
  }
}

/** A network's own ids begin with its id. */
async function checksOf(networks: readonly NetworkStatus[], home: string): Promise<readonly Finding[]> {
  const found = (await askNode(home)) ?? [];
  return found.filter(({ id }) => networks.some((network) => id.startsWith(`${network.id}.`)));
}

function describe(networks: readonly NetworkStatus[], found: readonly Finding[]): string {
  if (networks.length === 0) return "No network is on beside the Function Network; see fxn networks list.";
  const lines = networks.flatMap(({ id, ready, reasons, listen, lines }) => [
    `${id}: ${ready ? "ready" : "NOT READY"}`,
    ...reasons.map((reason) => `  - ${reason}`),
    ...(listen === null ? [] : [`  listens on  ${listen}`]),
    ...lines.map(({ name, value }) => `  ${name.padEnd(11)} ${value}`),
  ]);
  const checked = found.flatMap(({ id, state, message, hint }) => [
    `${state.padEnd(4)}  ${id}: ${message}`,
    ...(hint === undefined || state === "ok" ? [] : [`      ${hint}`]),
  ]);
  return [...lines, ...(checked.length > 0 ? ["", ...checked] : [])].join("\n");
}
