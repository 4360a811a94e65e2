// A chain of our own with OARN's contracts by our own hand, and the hands of requesters, of the owner, and of time.
import {
  createTestClient,
  decodeEventLog,
  http,
  parseEther,
  publicActions,
  type TransactionReceipt,
  walletActions,
} from "viem";
import { type Address, type Hex, parseAddress } from "../../../src/core/address.ts";
import { Anvil } from "../anvil.ts";
import { type Contract, compileFolder } from "../compile.ts";

export const CHAIN_ID = 31_337;
/** Anvil's unlocked accounts: the owner, and one who has tasks done. */
export const OWNER = addressOf("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
export const REQUESTER = addressOf("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
/** Nodes. */
export const NODES = [
  "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
  "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
  "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65",
].map(addressOf);

export interface TaskWish {
  readonly registry?: Address;
  readonly modelHash: Hex;
  readonly inputHash: Hex;
  readonly requirements: string;
  readonly reward?: bigint;
  readonly nodes?: bigint;
  /** Seconds from now. */
  readonly deadline?: bigint;
  readonly consensus?: 0 | 1 | 2;
}

export type OarnWorld = Awaited<ReturnType<typeof startOarnWorld>>;

export async function startOarnWorld() {
  const contracts = await compileFolder(import.meta.dir);
  const contract = (name: string): Contract => {
    const found = contracts[name];
    if (!found) throw new Error(`no contract ${name}`);
    return found;
  };
  const anvil = new Anvil(0, CHAIN_ID);
  await anvil.start();
  const client = createTestClient({ mode: "anvil", transport: http(anvil.url, { retryCount: 0 }), pollingInterval: 20 })
    .extend(publicActions)
    .extend(walletActions);

  async function mined(sent: Promise<Hex>): Promise<TransactionReceipt> {
    const receipt = await client.waitForTransactionReceipt({ hash: await sent });
    if (receipt.status !== "success") throw new Error(`transaction ${receipt.transactionHash} reverted`);
    return receipt;
  }

  async function deploy(name: string, args: readonly unknown[] = []): Promise<Address> {
    const { abi, bytecode } = contract(name);
    const sent = client.deployContract({ abi, bytecode, args, account: OWNER, chain: null });
    return addressOf((await mined(sent)).contractAddress ?? "");
  }

  async function write(
    name: string,
    address: Address,
    functionName: string,
    args: readonly unknown[],
    account = OWNER,
    value = 0n,
  ) {
    const { abi } = contract(name);
    return mined(client.writeContract({ address, abi, functionName, args, account, value, chain: null }));
  }

  const token = await deploy("COMPToken");
  const v2 = await deploy("TaskRegistryV2", [token]);
  const v1 = await deploy("TaskRegistry", [token]);
  await write("TaskRegistry", v1, "setMinRewardPerNode", [parseEther("0.001")]);
  const now = async () => (await client.getBlock()).timestamp;

  async function submit(name: "TaskRegistry" | "TaskRegistryV2", wish: TaskWish): Promise<bigint> {
    const { reward = parseEther("0.01"), nodes = 3n, deadline = 86_400n, consensus = 0 } = wish;
    const common = [wish.modelHash, wish.inputHash, wish.requirements, reward, nodes, (await now()) + deadline];
    const args = name === "TaskRegistryV2" ? [...common, consensus] : common;
    const address = wish.registry ?? (name === "TaskRegistryV2" ? v2 : v1);
    const { logs } = await write(name, address, "submitTask", args, REQUESTER, reward * nodes);
    const { abi } = contract(name);
    const [created] = logs.map((log) => decodeEventLog({ abi, ...log }));
    const { taskId } = { taskId: 0n, ...created?.args };
    return BigInt(taskId);
  }

  return {
    client,
    rpcUrl: anvil.url,
    contract,
    deploy,
    write,
    token,
    v2,
    v1,
    now,
    submitV2: (wish: TaskWish) => submit("TaskRegistryV2", wish),
    submitV1: (wish: TaskWish) => submit("TaskRegistry", wish),
    async passTime(seconds: number): Promise<void> {
      await client.increaseTime({ seconds });
      await client.mine({ blocks: 1 });
    },
    /** Blocks come by the clock instead of with each transaction, as on the network; anvil forgets some of many that come at once. */
    async mineEvery(ms: number): Promise<() => void> {
      await client.setAutomine(false);
      const mining = setInterval(() => void client.mine({ blocks: 1 }).catch(() => undefined), ms);
      return () => clearInterval(mining);
    },
    freeze: () => anvil.freeze(),
    thaw: () => anvil.thaw(),
    stop: () => anvil.remove(),
  };
}

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (!address) throw new Error(`not an address: ${text}`);
  return address;
}
