// A chain with Blindference's contracts at the network's own addresses, and nodes' accounts on it.
import { encodeFunctionData, type Hex } from "viem";
import type { Address } from "../../../src/core/address.ts";
import { BLIND_TOKEN, CONTRACTS } from "../../../src/networks/blindference/contracts/addresses.ts";
import { startChainRig } from "../chain-rig.ts";
import { compileFolder } from "../compile.ts";

/** The first of anvil's unlocked accounts. */
const DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
export const STORE: Hex = "0x7120fabdad2fc5b05cd814a59457eb5fcd9cfa7e";

const PLACES: Readonly<Record<string, Hex>> = {
  Blind: BLIND_TOKEN,
  BlindferenceStaking: CONTRACTS.staking,
  NodeRegistry: CONTRACTS.nodeRegistry,
  NodeAttestationRegistry: CONTRACTS.attestationRegistry,
  PromptKeyStore: STORE,
  TaskManager: CONTRACTS.taskManager,
};

export type BlindferenceRig = Awaited<ReturnType<typeof startBlindferenceRig>>;

export async function startBlindferenceRig() {
  const rig = await startChainRig();
  const compiled = await compileFolder(import.meta.dir);
  const contractOf = (name: string) => {
    const contract = compiled[name];
    const address = PLACES[name];
    if (!contract || !address) throw new Error(`there is no ${name}`);
    return { ...contract, address };
  };
  for (const name of Object.keys(PLACES)) {
    const { abi, bytecode, address } = contractOf(name);
    const hash = await rig.client.deployContract({ abi, bytecode, account: DEPLOYER, chain: null });
    const { contractAddress } = await rig.client.waitForTransactionReceipt({ hash });
    const code = await rig.client.getCode({ address: contractAddress ?? "0x" });
    await rig.client.setCode({ address, bytecode: code ?? "0x" });
  }
  return {
    ...rig,
    async write(name: string, functionName: string, args: readonly unknown[]): Promise<void> {
      const { abi, address } = contractOf(name);
      const data = encodeFunctionData({ abi, functionName, args });
      const hash = await rig.client.sendTransaction({ to: address, data, account: DEPLOYER, chain: null });
      const { status } = await rig.client.waitForTransactionReceipt({ hash });
      if (status !== "success") throw new Error(`${name}.${functionName} reverted`);
    },
    read(name: string, functionName: string, args: readonly unknown[] = []): Promise<unknown> {
      const { abi, address } = contractOf(name);
      return rig.client.readContract({ abi, address, functionName, args });
    },
    fund: async (node: Address, blind: bigint) => {
      const { abi, address } = contractOf("Blind");
      const data = encodeFunctionData({ abi, functionName: "mint", args: [node, blind] });
      const hash = await rig.client.sendTransaction({ to: address, data, account: DEPLOYER, chain: null });
      await rig.client.waitForTransactionReceipt({ hash });
    },
  };
}
