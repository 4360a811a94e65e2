// A task that somebody here wants done: looked over before anything is stored or sent, then put into a registry's words.
import { getBalance } from "viem/actions";
import { formatEther } from "viem/utils";
import type { Chain, Intent } from "../../../chain/chain.ts";
import type { Ipfs } from "../../../ipfs/ipfs.ts";
import { OarnError } from "../errors.ts";
import { cidHash } from "../hashes.ts";
import { blockTime } from "../job/ports.ts";
import { errorsAbi } from "../registry/abi.ts";
import type { TaskEnd, TaskRegistry } from "../registry/registry.ts";
import { LONGEST_REQUIREMENTS, parseRequirements } from "../requirements.ts";

/** The words that OARN's own command knows, each by its number on the chain. */
export const CONSENSUS: Readonly<Record<string, number>> = {
  majority: 0,
  supermajority: 1,
  super: 1,
  unanimous: 2,
  all: 2,
};
const MOST_NODES = 100n;

/** A file of the requester's, or what lies in IPFS already. */
export type Source = { readonly bytes: Uint8Array } | { readonly cid: string };

export interface TaskWish {
  readonly model: Source;
  readonly input: Source;
  /** JSON, without the CIDs. */
  readonly requirements: string;
  /** Wei. */
  readonly rewardPerNode: bigint;
  readonly requiredNodes: bigint;
  /** Seconds from the chain's now. */
  readonly seconds: bigint;
  readonly consensus: number;
}

/** What the registry would refuse, or nobody could work on. Nothing is stored or sent by it. @throws OarnError "oarn_request" */
export async function lookOver(wish: TaskWish, registry: TaskRegistry, chain: Chain): Promise<void> {
  const { leastNodes, number } = registry.version;
  if (wish.requiredNodes < leastNodes || wish.requiredNodes > MOST_NODES)
    throw refused(`a task of V${number} is for ${leastNodes} to ${MOST_NODES} nodes`);
  if (number === 1 && wish.consensus !== 0) throw refused("in V1 nodes do not have to agree: leave --consensus out");
  requirementsOf(wish.requirements, "", "");
  const [least, paused, there] = await chain.read((view) =>
    Promise.all([
      registry.minReward(view),
      registry.paused(view),
      getBalance(view.client, { address: chain.account, blockNumber: view.block }),
    ]),
  );
  if (paused) throw refused(`the registry ${registry.name} is paused`);
  if (wish.rewardPerNode < least)
    throw refused(`a task of ${registry.name} pays ${formatEther(least)} ETH to each node at least`);
  const value = wish.rewardPerNode * wish.requiredNodes;
  if (there < value)
    throw refused(`it takes ${formatEther(value)} ETH and gas, and the account has ${formatEther(there)}`);
}

export interface Stored {
  readonly modelCid: string;
  readonly inputCid: string;
}

/** What is here already is fetched once, so that nobody pays for a task whose content nobody has. @throws IpfsError */
export async function store(
  { model, input }: Pick<TaskWish, "model" | "input">,
  ipfs: Ipfs,
  limits: { readonly model: number; readonly input: number },
  signal: AbortSignal,
): Promise<Stored> {
  const placed = async (source: Source, name: string, maxBytes: number) => {
    if ("bytes" in source) {
      if (source.bytes.length > maxBytes) throw refused(`the ${name} is larger than ${maxBytes} bytes`);
      return ipfs.add(source.bytes, { name, signal });
    }
    await ipfs.get(source.cid, { maxBytes, signal });
    return source.cid;
  };
  return {
    modelCid: await placed(model, "model", limits.model),
    inputCid: await placed(input, "input", limits.input),
  };
}

/** @param deed of this command alone: who wants a task twice may have it twice */
export async function taskIntent(
  wish: TaskWish,
  { modelCid, inputCid }: Stored,
  registry: TaskRegistry,
  chain: Chain,
  deed: string,
): Promise<{ readonly intent: Intent; readonly deadline: bigint }> {
  const deadline = (await chain.read(blockTime)) + wish.seconds;
  const data = registry.version.newTaskData({
    ...wish,
    modelHash: cidHash(modelCid),
    inputHash: cidHash(inputCid),
    requirements: requirementsOf(wish.requirements, modelCid, inputCid),
    deadline,
  });
  const value = wish.rewardPerNode * wish.requiredNodes;
  return { deadline, intent: { ...requestOf(registry, `submit/${deed}`, data), value } };
}

/** @throws OarnError "oarn_request" */
export function fundIntent(registry: TaskRegistry, id: bigint, value: bigint, deed: string): Intent {
  const { fundData } = registry.version;
  if (!fundData) throw refused("what a task of V1 pays stays as it was when it was made");
  return { ...requestOf(registry, `fund/${id}/${deed}`, fundData(id)), value };
}

/** @throws OarnError "oarn_request" */
export function endIntent(registry: TaskRegistry, id: bigint, end: TaskEnd): Intent {
  const { endData } = registry.version;
  if (!endData)
    throw refused("V2 of OARN's registry cannot cancel or expire a task: its ETH stays there, also after the deadline");
  return requestOf(registry, `${end}/${id}`, endData[end](id));
}

/** What a requester spends is no cost of the node's work. */
function requestOf(registry: TaskRegistry, deed: string, data: Intent["data"]): Intent {
  const key = `oarn-request/${registry.chainId}/${registry.address}/${deed}`;
  return { key, network: "wallet", job: "", model: "", to: registry.address, data, abi: errorsAbi };
}

/** What was written stays, and the two CIDs come to it. @throws OarnError "oarn_request" */
function requirementsOf(written: string, modelCid: string, inputCid: string): string {
  const json = jsonOf(written);
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw refused('--requirements takes a JSON object, such as {"framework":"onnx"}');
  if ("model_cid" in json || "input_cid" in json)
    throw refused("the CIDs in the requirements are those of --model and --input: leave them out");
  const text = JSON.stringify({ ...json, model_cid: modelCid, input_cid: inputCid });
  if (text.length > LONGEST_REQUIREMENTS) throw refused("the requirements are too long to be read by nodes");
  if (parseRequirements(text).framework === "unknown") throw refused("no node knows the framework of the requirements");
  return text;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A text that is a CID by its form; what is none names a file. */
export function isCid(text: string): boolean {
  return /^(Qm[1-9A-HJ-NP-Za-km-z]{44}|b[a-z2-7]{50,110})$/.test(text);
}

export function refused(message: string): OarnError {
  return new OarnError("oarn_request", 400, message);
}
