// For networks that settle on no chain: whatever they ask of one fails.
import { signerFromKey } from "../../src/keys/signer.ts";
import type { NetworkPorts } from "../../src/networks/ports.ts";

const none = (): never => {
  throw new Error("this network settles on no chain");
};

export const NO_CHAIN: Pick<NetworkPorts, "account" | "chain" | "readers" | "earnings"> = {
  account: signerFromKey(Buffer.alloc(32, 9)),
  chain: none,
  readers: none,
  earnings: { add: none },
};
