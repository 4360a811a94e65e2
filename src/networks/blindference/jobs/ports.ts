// What the steps of a job need of the node and of the session.
import type { Chain } from "../../../chain/chain.ts";
import type { Address } from "../../../core/address.ts";
import type { Clock } from "../../../core/clock.ts";
import type { Log } from "../../../core/log.ts";
import type { NetworkState } from "../../../core/network-state.ts";
import type { TextPort } from "../../../core/text.ts";
import type { Ipfs } from "../../../ipfs/ipfs.ts";
import type { NetworkMetrics } from "../../../observe/metrics/network.ts";
import type { Cofhe } from "../cofhe/cofhe.ts";
import type { Icl } from "../icl.ts";
import type { Claims } from "./claims.ts";
import type { Leading } from "./leading.ts";
import type { Models } from "./models.ts";
import type { PlainTexts } from "./plain.ts";

export interface JobPorts {
  readonly icl: Icl;
  readonly ipfs: Ipfs;
  readonly text: TextPort;
  readonly models: Models;
  /** Undefined: why no key can be had stands in the status. */
  readonly cofhe: Cofhe | undefined;
  readonly leading: Leading;
  readonly claims: Claims;
  readonly chain: Chain | undefined;
  readonly promptKeyStore: Address | undefined;
  readonly plain: PlainTexts;
  /** Bytes. */
  readonly maxPrompt: number;
  readonly state: NetworkState;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: NetworkMetrics;
}
