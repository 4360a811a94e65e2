// CoFHE as it is today, without its bridge process: a permit of our own and the threshold network decrypt; its SDK encrypts.
import type { Chain } from "../../../chain/chain.ts";
import type { EthereumAccount } from "../../../core/ethereum.ts";
import { joinKey, numberOf } from "../blob.ts";
import { permitDomain } from "../contracts/reads.ts";
import type { Cofhe } from "./cofhe.ts";
import {
  type Domain,
  expiryOf,
  isStale,
  newSealingKey,
  type Permission,
  type SealingKey,
  selfPermission,
} from "./permit.ts";
import type { CofheSdk } from "./sdk.ts";
import { openBox } from "./sealed-box.ts";
import { sealOutput, type ThresholdPorts } from "./threshold.ts";

export interface BridgePorts extends ThresholdPorts {
  readonly account: EthereumAccount;
  readonly chain: Chain;
  readonly sdk: CofheSdk;
}

export function bridgeCofhe(thresholdUrl: string, ports: BridgePorts): Cofhe {
  let domain: Domain | undefined;
  let permit: { readonly key: SealingKey; readonly permission: Permission } | undefined;

  async function permitNow() {
    const seconds = Math.floor(ports.clock.now() / 1000);
    if (permit && !isStale(permit.permission.expiration, seconds)) return permit;
    domain ??= await permitDomain(ports.chain);
    const key = newSealingKey();
    const permission = selfPermission(ports.account, domain, key.publicKey, expiryOf(seconds));
    permit = { key, permission };
    return permit;
  }

  return {
    provable: true,
    cannotEncrypt: () => ports.sdk.missing(),
    async decrypt({ high, low }, signal) {
      const { key, permission } = await permitNow();
      const opened = async (handle: bigint) =>
        numberOf(openBox(await sealOutput(thresholdUrl, handle, permission, ports, signal), key.privateKey));
      const [first, second] = await Promise.all([opened(high), opened(low)]);
      const halves = { high: first, low: second };
      joinKey(halves);
      return halves;
    },
    encrypt: ({ high, low }, signal) => ports.sdk.encrypt(high, low, signal),
  };
}
