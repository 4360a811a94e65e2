// fxn oarn peers: to whom the running node is connected in OARN's network of nodes.
import { Command, Option } from "clipanion";
import { FxnError } from "../../src/core/errors.ts";
import { askControl } from "../../src/lib/control-socket.ts";
import { EXIT, FxnCommand } from "../base.ts";
import { nodeStatus } from "../node-status.ts";

export class OarnPeersCommand extends FxnCommand {
  static override paths = [["oarn", "peers"]];
  static override usage = Command.Usage({
    category: "OARN",
    description: "show to whom the running node is connected",
    details: `
      Asks the node of this home. Peers carry hints only: tasks are on the chain, with networks.oarn.p2p on or off. At most
      twenty are listed; how many are known beside those that are connected is not counted.
    `,
    examples: [["For a script", "$0 oarn peers --json"]],
  });

  detailed = Option.Boolean("-d,--detailed", false, { description: "Accepted: they are always listed" });
  json = Option.Boolean("--json", false, { description: "Print JSON" });

  protected async run(): Promise<number> {
    const answer = await askControl(this.homeDir(), "GET", "/status");
    const network = answer && nodeStatus.parse(answer.json).networks.find(({ id }) => id === "oarn");
    if (!network)
      throw new FxnError("not_running", 409, "no node of this home works for OARN", { hint: "Start it: fxn start" });
    const of = (name: string) => network.lines.filter((line) => line.name === name).map(({ value }) => value);
    const [id] = of("peer id");
    const [count] = of("peers");
    const connected = Number.parseInt(count ?? "", 10) || 0;
    if (this.json)
      this.printJson({
        local_peer_id: id ?? null,
        connected_peers: connected,
        discovered_peers: null,
        bootstrap_complete: connected > 0,
        peers: of("peer"),
      });
    else if (id === undefined) this.print(`The network of nodes is ${count ?? "off: set networks.oarn.p2p.enabled"}.`);
    else {
      this.print(`This node  ${id}`);
      this.print(`Connected  ${count}`);
      for (const peer of of("peer")) this.print(peer);
    }
    return EXIT.ok;
  }
}
