// Which of CoFHE's two forms a node uses, and with what; a text says why it has none.
import type { Chain } from "../../../chain/chain.ts";
import type { ChainPorts } from "../../ports.ts";
import type { BlindferenceSettings } from "../settings.ts";
import { bridgeCofhe } from "./bridge.ts";
import type { Cofhe } from "./cofhe.ts";
import { jsonRpcCofhe } from "./json-rpc.ts";
import { cofheSdk } from "./sdk.ts";

export function openCofhe(
  { cofhe }: Pick<BlindferenceSettings, "cofhe">,
  { fetch, clock, account, home }: Pick<ChainPorts, "fetch" | "clock" | "account" | "home">,
  chain: Chain | undefined,
): Cofhe | string {
  if (cofhe.mode === "python") {
    if (cofhe.endpoint === undefined) return "no keys can be had: networks.blindference.cofhe.endpoint is not set";
    return jsonRpcCofhe(cofhe.endpoint, cofhe.chainId, { fetch, clock, account });
  }
  // Permits are signed in a domain that only the chain knows.
  if (!chain) return "no keys can be had: networks.blindference.rpcUrls is empty";
  const sdk = cofheSdk(cofhe.sdk ?? home, account.address);
  return bridgeCofhe(cofhe.thresholdUrl, { fetch, clock, account, chain, sdk });
}
