// What this node reads of a PromptKeyStore, and of whose it is.
import { readContract } from "viem/actions";
import type { Address, Hex } from "../../../core/address.ts";
import type { KeyHalves } from "../blob.ts";
import { nodeRegistryAbi, promptKeyStoreAbi } from "./abi.ts";
import { CONTRACTS, NOBODY } from "./addresses.ts";
import { addressFrom, type ChainReads, ifThere, read } from "./read.ts";

/** The handles that a store keeps for a job; both 0: none. */
export function storedKey(chain: ChainReads, store: Address, id: Hex): Promise<KeyHalves> {
  return read(chain, "PromptKeyStore", store, async ({ client, block }) => {
    const [high, low] = await readContract(client, {
      address: store,
      abi: promptKeyStoreAbi,
      functionName: "getEncryptedKey",
      args: [id],
      blockNumber: block,
    });
    return { high, low };
  });
}

/** The account that the store takes for the ICL's; undefined: it names none. */
export function iclOf(chain: ChainReads, store: Address): Promise<Address | undefined> {
  return read(chain, "PromptKeyStore", store, async ({ client, block: blockNumber }) => {
    const asked = { address: store, abi: promptKeyStoreAbi, functionName: "icl", blockNumber } as const;
    const icl = addressFrom((await ifThere(readContract(client, asked))) ?? NOBODY);
    return icl === NOBODY ? undefined : icl;
  });
}

/** Whether NodeRegistry takes this account for the ICL's, or is its own. */
export function isKnownIcl(chain: ChainReads, icl: Address): Promise<boolean> {
  return read(chain, "NodeRegistry", CONTRACTS.nodeRegistry, async ({ client, block: blockNumber }) => {
    const registry = { address: CONTRACTS.nodeRegistry, abi: nodeRegistryAbi, blockNumber } as const;
    const [isAuthorized, owner] = await Promise.all([
      ifThere(readContract(client, { ...registry, functionName: "isAuthorizedICL", args: [icl] })),
      ifThere(readContract(client, { ...registry, functionName: "owner" })),
    ]);
    return isAuthorized === true || addressFrom(owner ?? NOBODY) === icl;
  });
}
