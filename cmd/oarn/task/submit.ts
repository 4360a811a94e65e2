// fxn oarn task submit: has a task done by the network's nodes, for ETH.
import { randomUUID } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { Command, Option, UsageError } from "clipanion";
import { ETHER, formatAmount, parseAmount } from "../../../src/core/amount.ts";
import { messageOf } from "../../../src/core/errors.ts";
import { askControl } from "../../../src/lib/control-socket.ts";
import {
  CONSENSUS,
  isCid,
  lookOver,
  type Source,
  store,
  type TaskWish,
  taskIntent,
} from "../../../src/networks/oarn/client/new-task.ts";
import { idOf, versionOf } from "../../../src/networks/oarn/client/shown.ts";
import { OarnError } from "../../../src/networks/oarn/errors.ts";
import { placesOf } from "../../../src/networks/oarn/settings.ts";
import { Hints } from "../../../src/networks/oarn/tasks/hints.ts";
import { Orders, TO_ANNOUNCE } from "../../../src/networks/oarn/tasks/orders.ts";
import { EXIT } from "../../base.ts";
import type { ValuesOf } from "../../manual/values.ts";
import type { OarnHome, Signing } from "../oarn-command.ts";
import { timeOf } from "./list.ts";
import { TaskCommand, WAIT_MS } from "./task-command.ts";

/** Ten years; what a registry takes has no bound. */
const MOST_HOURS = 87_600;

export class OarnTaskSubmitCommand extends TaskCommand {
  static override values: ValuesOf = {
    ...TaskCommand.values,
    "--model": "file",
    "--input": "file",
    "--consensus": Object.keys(CONSENSUS),
  };
  static override paths = [
    ["oarn", "task", "submit"],
    ["oarn", "tasks", "submit"],
  ];
  static override usage = Command.Usage({
    category: "OARN",
    description: "have a task done by the network's nodes, for ETH",
    details: `
      Looks the task over, stores and pins model and input at storage.ipfsApi or by upload, shows what it costs, and asks, unless --yes is
      given. Their CIDs are written into the requirements, so that nodes find them; everybody can read model, input and
      results. The ETH stays with the registry until enough nodes agree; V2 gives none of it back after the deadline, and has no
      cancelling.

      A text task: the model is any small file, the input the prompt, and the requirements say
      {"framework":"text","model":"NAME"}. The account is the node's: networks.oarn.account.
    `,
    examples: [
      ["A model of ONNX, by three nodes", "$0 oarn task submit -m model.onnx -i input.json -r 0.001"],
      [
        "A text, in a script",
        `$0 oarn task submit -m model.txt -i prompt.txt -r 0.001 --requirements '{"framework":"text","model":"llama3.2"}' --yes --json`,
      ],
    ],
  });

  model = Option.String("-m,--model", { required: true, description: "File of the model, or its CID" });
  input = Option.String("-i,--input", { required: true, description: "File of the input, or its CID" });
  reward = Option.String("-r,--reward", { required: true, description: "ETH for each node" });
  nodes = Option.String("-n,--nodes", "3", { description: "Nodes that are to deliver" });
  hours = Option.String("-d,--deadline-hours", "24", { description: "Hours from now" });
  requirements = Option.String("--requirements", "{}", { description: "JSON that nodes read; the CIDs come to it" });
  consensus = Option.String("--consensus", "majority", {
    description: "How many must agree: majority, supermajority (super), unanimous (all)",
  });
  yes = Option.Boolean("-y,--yes", false, { description: "Do not ask" });

  protected async run(): Promise<number> {
    const wish = await this.#wish();
    return this.told(async () => {
      this.refuseUnasked(this.yes);
      const home = await this.oarn();
      if (!placesOf(home.settings))
        throw new OarnError("oarn_request", 409, "there is no IPFS API or upload to store its content at", {
          hint: "Set networks.oarn.storage.ipfsApi, or uploadUrl and uploadToken.",
        });
      return this.signing(home, (there) => this.#submit(wish, home, there));
    });
  }

  async #submit(wish: TaskWish, home: OarnHome, there: Signing): Promise<number> {
    const { chain, registries, account, state } = there;
    const registry = this.chosen(registries);
    await lookOver(wish, registry, chain);
    const { maxModel, maxInput } = home.settings.storage;
    const signal = AbortSignal.timeout(WAIT_MS);
    const stored = await store(wish, this.ipfs(home), { model: maxModel, input: maxInput }, signal);
    const { intent, deadline } = await taskIntent(wish, stored, registry, chain, randomUUID());
    const { cost } = await chain.estimate(intent);
    this.say("registry", registry.name);
    this.say("from", account.checksumAddress);
    this.say("model", stored.modelCid);
    this.say("input", stored.inputCid);
    this.say("until", timeOf(Number(deadline)));
    this.say("nodes", `${wish.requiredNodes}, ${eth(wish.rewardPerNode)} each: ${eth(intent.value ?? 0n)}`);
    this.say("gas", `${eth(cost)} at most`);
    await this.confirm(this.yes, "Submit it?");
    // Before it is sent: whatever becomes of this command, the node knows what it has stored.
    const hints = new Hints(state, () => {});
    hints.remember(stored.modelCid);
    hints.remember(stored.inputCid);
    const receipt = await chain.send(intent, AbortSignal.timeout(WAIT_MS));
    const id = registry.createdBy(receipt);
    if (id === undefined)
      throw new OarnError("oarn_registry", 502, `${receipt.transaction} was mined, and names no task that it made`);
    const { enabled } = home.settings.p2p;
    if (enabled) new Orders(state, TO_ANNOUNCE).add(registry, id);
    if (this.json)
      this.printJson({
        success: true,
        task_id: idOf(id),
        tx_hash: receipt.transaction,
        version: versionOf(registry),
        model_cid: stored.modelCid,
        input_cid: stored.inputCid,
      });
    this.say("task", String(id));
    this.say("sent", receipt.transaction);
    this.say("announced", await this.#announced(home.on && enabled));
    return EXIT.ok;
  }

  async #announced(hears: boolean): Promise<string> {
    if (!hears) return "no: networks.oarn.p2p is off; nodes find it on the chain";
    const runs = (await askControl(this.homeDir(), "GET", "/ready")) !== undefined;
    return runs ? "by the running node, as soon as it has peers" : "when the node runs: fxn start";
  }

  async #wish(): Promise<TaskWish> {
    const rewardPerNode = parseAmount(this.reward, ETHER);
    if (rewardPerNode === undefined || rewardPerNode === 0n)
      throw new UsageError(`--reward: "${this.reward}" is no amount of ETH above 0, such as 0.001`);
    const nodes = /^[1-9]\d{0,2}$/.test(this.nodes) ? BigInt(this.nodes) : undefined;
    if (nodes === undefined) throw new UsageError("--nodes takes a number from 1 to 100");
    const hours = /^\d{1,6}(\.\d{1,3})?$/.test(this.hours) ? Number(this.hours) : 0;
    const seconds = Math.floor(hours * 3600);
    if (seconds < 1 || hours > MOST_HOURS) throw new UsageError(`--deadline-hours takes a number up to ${MOST_HOURS}`);
    const consensus = Object.hasOwn(CONSENSUS, this.consensus) ? CONSENSUS[this.consensus] : undefined;
    if (consensus === undefined)
      throw new UsageError(`--consensus: "${this.consensus}" is none of ${Object.keys(CONSENSUS).join(", ")}`);
    return {
      model: await sourceOf("--model", this.model),
      input: await sourceOf("--input", this.input),
      requirements: this.requirements,
      rewardPerNode,
      requiredNodes: nodes,
      seconds: BigInt(seconds),
      consensus,
    };
  }
}

async function sourceOf(option: string, text: string): Promise<Source> {
  if (isCid(text)) return { cid: text };
  try {
    if (!(await stat(text)).isFile()) throw new UsageError("it is no file");
    const bytes = new Uint8Array(await readFile(text));
    if (bytes.length === 0) throw new UsageError("it is empty");
    return { bytes };
  } catch (error) {
    throw new UsageError(`${option}: "${text}" is no CID, and cannot be read: ${messageOf(error)}`);
  }
}

function eth(amount: bigint): string {
  return `${formatAmount(amount, ETHER)} ETH`;
}
