// The network's test account, the first of every development chain: signs as the node's own keys do.
import type { EthereumAccount } from "../../src/core/ethereum.ts";
import { signerFromKey } from "../../src/keys/signer.ts";

export const TEST_KEY = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

export const accountOf = (hex: string): EthereumAccount => signerFromKey(Buffer.from(hex, "hex"));
