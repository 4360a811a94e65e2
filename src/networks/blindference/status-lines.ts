// What the running node says of itself in this network.
import type { Chain } from "../../chain/chain.ts";
import type { EthereumAccount } from "../../core/ethereum.ts";
import type { StatusLine } from "../../core/network.ts";
import type { NetworkState } from "../../core/network-state.ts";
import type { Jobs } from "../jobs/job.ts";
import type { AttestationBackend } from "./attestation-backends.ts";
import { notedUntil, shownEnd } from "./availability.ts";
import { lastChainHeartbeat } from "./chain-heartbeat.ts";
import type { Cofhe } from "./cofhe/cofhe.ts";
import type { Icl } from "./icl.ts";
import type { Facts } from "./jobs/facts.ts";
import type { Models } from "./jobs/models.ts";
import type { Presence } from "./presence.ts";
import type { BlindferenceSettings } from "./settings.ts";

export interface Shown {
  readonly settings: BlindferenceSettings;
  readonly icl: Icl;
  readonly account: EthereumAccount;
  readonly presence: Presence;
  readonly models: Models;
  readonly jobs: Jobs<Facts>;
  readonly state: NetworkState;
  readonly chain: Chain | undefined;
  readonly cofhe: Cofhe | string;
  readonly backend: AttestationBackend;
}

export function statusLines({
  settings,
  icl,
  account,
  presence,
  models,
  jobs,
  state,
  chain,
  cofhe,
  backend,
}: Shown): readonly StatusLine[] {
  const { certificate, lastBeat } = presence;
  const inHand = jobs.records().filter(({ step }) => step !== "ended");
  const onChain = lastChainHeartbeat(state);
  return [
    { name: "address", value: account.checksumAddress },
    { name: "icl", value: icl.host },
    { name: "attestation", value: backend.claim },
    {
      name: "certificate",
      value: certificate ? `tier ${certificate.tier}, until ${date(certificate.expires)}` : "none yet",
    },
    { name: "last heartbeat", value: lastBeat === undefined ? "none yet" : date(lastBeat) },
    { name: "models", value: models.advertised.join(", ") || "none" },
    ...models.problems.map((value) => ({ name: "model left out", value })),
    { name: "keys of prompts", value: typeof cofhe === "string" ? cofhe : `CoFHE, mode ${settings.cofhe.mode}` },
    { name: "jobs in hand", value: `${inHand.length}, ${jobs.places} more may begin` },
    ...(settings.dryRun ? [{ name: "dry run", value: "nothing is claimed" }] : []),
    ...(chain ? [{ name: "record on chain", value: recordOf(shownEnd(notedUntil(state, account.address))) }] : []),
    {
      name: "chain",
      value: chain
        ? `Arbitrum Sepolia, heartbeat ${onChain ? date(onChain) : "none yet"}`
        : "no RPC: the stake's risk is not seen",
    },
  ];
}

function recordOf(until: string | null): string {
  return until === null ? "none that this home knows of" : `lets this node into quorums; ends ${until}`;
}

function date(ms: number): string {
  return new Date(ms).toISOString();
}
