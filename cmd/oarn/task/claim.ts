// fxn oarn task claim: claims one task by hand, which the running node then works on.
import { Command, Option } from "clipanion";
import { ETHER, formatAmount } from "../../../src/core/amount.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { messageOf } from "../../../src/core/errors.ts";
import { askSources } from "../../../src/gpu/facts/ask.ts";
import { localMachine } from "../../../src/gpu/facts/local-machine.ts";
import { mergeCards } from "../../../src/gpu/facts/merge.ts";
import { askControl } from "../../../src/lib/control-socket.ts";
import { claimByHand, mayClaim } from "../../../src/networks/oarn/client/claim.ts";
import { idOf, versionOf } from "../../../src/networks/oarn/client/shown.ts";
import { OarnError } from "../../../src/networks/oarn/errors.ts";
import { oarnNetwork } from "../../../src/networks/oarn/network.ts";
import { onnxOf } from "../../../src/networks/oarn/open.ts";
import { placesOf } from "../../../src/networks/oarn/settings.ts";
import { openContent } from "../../../src/networks/oarn/tasks/content.ts";
import { Hints } from "../../../src/networks/oarn/tasks/hints.ts";
import { CLAIMED, Orders } from "../../../src/networks/oarn/tasks/orders.ts";
import { termsOf } from "../../../src/networks/oarn/terms.ts";
import { EXIT } from "../../base.ts";
import { nodeStatus } from "../../node-status.ts";
import { MODEL_PROCESS, selfCommand, selfFiles } from "../../process-words.ts";
import { type OarnHome, type Signing, taskId } from "../oarn-command.ts";
import { TaskCommand, WAIT_MS } from "./task-command.ts";

export class OarnTaskClaimCommand extends TaskCommand {
  static override paths = [
    ["oarn", "task", "claim"],
    ["oarn", "tasks", "claim"],
  ];
  static override usage = Command.Usage({
    category: "OARN",
    description: "claim one task by hand; the running node works on it",
    details: `
      The node claims tasks by itself; this is for one that it does not get to. It is looked over as the node would: time,
      race, requirements, content fetched and verified, reward against gas, all tried on the chain first. Then it is claimed,
      and the node of this home, which has to run, finishes it as soon as it has a place free: it finds the claim on the
      disk and on the chain, also after a crash or a restart. A claim cannot be given back.
    `,
    examples: [["Task 7", "$0 oarn task claim 7"]],
  });

  id = Option.String({ name: "ID" });
  // OARN's own node claims only, unless it is told to work as well; this one always does.
  withWork = Option.Boolean("-e,--execute", true, { description: "Accepted, and always so: the node does the work" });

  protected async run(): Promise<number> {
    const id = taskId(this.id);
    return this.told(async () => {
      const home = await this.oarn();
      const models = await this.#modelsOfNode(home);
      return this.signing(home, (there) => this.#claim(id, home, models, there));
    });
  }

  async #claim(id: bigint, home: OarnHome, models: readonly { id: string }[], there: Signing): Promise<number> {
    const { chain, registries, state } = there;
    const registry = this.chosen(registries);
    const ipfs = this.ipfs(home);
    const ports = {
      chain,
      content: openContent(home.settings, ipfs, new Hints(state, () => {}), systemClock),
      terms: await this.#terms(home, models),
      orders: new Orders(state, CLAIMED),
    };
    const signal = AbortSignal.timeout(WAIT_MS);
    await ipfs.canStore(signal);
    const claimable = await mayClaim(registry, id, ports, signal);
    if (!claimable.held) this.say("gas", `${formatAmount(claimable.cost, ETHER)} ETH at most, for claim and delivery`);
    const transaction = await claimByHand(registry, id, claimable, ports, signal);
    if (this.json)
      this.printJson({
        success: true,
        task_id: idOf(id),
        tx_hash: transaction ?? null,
        version: versionOf(registry),
      });
    else {
      this.say("task", `${id} at ${registry.name}`);
      this.say("claimed", transaction ?? "before, by this node");
      this.print("The node works on it as soon as it has a place free: fxn oarn task history");
    }
    return EXIT.ok;
  }

  /** @throws OarnError "oarn_no_node" where a claim would be made and never answered */
  async #modelsOfNode({ settings, on }: OarnHome): Promise<readonly { id: string }[]> {
    const answer = on ? await askControl(this.homeDir(), "GET", "/status") : undefined;
    const status = answer && nodeStatus.parse(answer.json);
    const network = status?.networks.find((one) => one.id === oarnNetwork.id);
    if (!status || !network)
      throw new OarnError(
        "oarn_no_node",
        409,
        "no node of this home works for OARN: the claim would never be answered",
        {
          hint: "Start it: fxn start",
        },
      );
    if (settings.dryRun)
      throw new OarnError("oarn_no_node", 409, "networks.oarn.dryRun is on: the node would not answer the claim");
    if (!placesOf(settings))
      throw new OarnError("oarn_no_node", 409, "there is no IPFS API or upload to store the result at", {
        hint: "Set networks.oarn.storage.ipfsApi, or uploadUrl and uploadToken.",
      });
    return status.models.map((id) => ({ id }));
  }

  async #terms({ settings }: OarnHome, models: readonly { id: string }[]) {
    const { env } = this.context;
    const modelProgram = {
      command: [...selfCommand(), MODEL_PROCESS],
      readable: selfFiles(),
      env,
      platform: process.platform,
    };
    const compute = onnxOf(settings, { modelProgram, home: this.homeDir(), clock: systemClock });
    const trouble =
      settings.compute.frameworks.length > 0 ? await compute.check().then(() => undefined, messageOf) : "";
    const gpus = mergeCards((await askSources(localMachine(systemClock))).map((report) => report.gpus));
    return termsOf(settings, trouble === undefined ? compute : undefined, { gpus: () => gpus, models: () => models });
  }
}
