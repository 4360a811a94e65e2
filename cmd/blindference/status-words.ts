// What fxn blindference status shows, to machines as it is and to people in lines.
import { type ShownStake, stakeLines } from "./staking/stake-words.ts";

/** What the chain does not tell is told as a problem, and hides nothing else. */
export interface Read<T> {
  readonly value: T | null;
  readonly problem: string | null;
}

interface Registered {
  readonly registered: boolean;
  /** As the contract reckons it; the coordinator does not need it. */
  readonly active: boolean;
  readonly lastHeartbeat: string | null;
}

export interface ShownChain {
  /** By asset, as text. */
  readonly balances: Read<Readonly<Record<string, string>>>;
  readonly stake: Read<ShownStake>;
  readonly registered: Read<Registered>;
  /** hasValid of NodeAttestationRegistry. */
  readonly record: Read<boolean>;
  /** ISO 8601, or "never"; null: nobody tells. */
  readonly recordEnds: Read<string | null>;
}

export interface ShownStatus {
  readonly schema: 1;
  readonly enabled: boolean;
  readonly running: boolean;
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly address: string;
  readonly tier: number;
  readonly models: readonly string[];
  readonly attestation: string;
  readonly certificate: { readonly tier: number; readonly expires: string; readonly valid: boolean } | null;
  readonly icl: string;
  readonly payments: string;
  readonly rpcs: readonly string[];
  readonly ipfs: string;
  readonly uploads: boolean;
  readonly cofhe: string;
  readonly chain: ShownChain | null;
}

export function statusLines(shown: ShownStatus): readonly string[] {
  const { certificate, chain } = shown;
  return [
    line("Network", shown.enabled ? "on" : "OFF: fxn blindference init turns it on"),
    line("Node", shown.running ? (shown.ready ? "runs, ready" : "runs, NOT READY") : "does not run: fxn start"),
    ...shown.reasons.map((reason) => line("", `- ${reason}`)),
    line("Account", shown.address),
    line("Tier", `${shown.tier} at most`),
    line("Models", shown.models.join(", ") || "none is named"),
    line("Attestation", shown.attestation),
    line(
      "Certificate",
      certificate
        ? `tier ${certificate.tier}, until ${certificate.expires}${certificate.valid ? "" : " (OVER)"}`
        : "none yet",
    ),
    line("ICL", shown.icl),
    line("Payments", shown.payments),
    line("IPFS", `${shown.ipfs}; ${shown.uploads ? "answers can be stored" : "answers cannot be stored"}`),
    line("CoFHE", `mode ${shown.cofhe}`),
    line("RPC", shown.rpcs.join(", ") || "none: nothing is done on chain; set networks.blindference.rpcUrls"),
    ...(chain ? chainLines(chain) : []),
  ];
}

function chainLines({ balances, stake, registered, record, recordEnds }: ShownChain): readonly string[] {
  return [
    ...told(balances, "Balance", (all) => [
      line(
        "Balance",
        Object.entries(all)
          .map(([asset, amount]) => `${amount} ${asset}`)
          .join(", "),
      ),
    ]),
    ...told(stake, "Staked", stakeLines),
    ...told(registered, "Registered", ({ registered: is, active, lastHeartbeat }) => [
      line(
        "Registered",
        is ? `in NodeRegistry${active ? ", active" : ""}` : "no: fxn blindference attest --register-on-chain",
      ),
      ...(lastHeartbeat === null ? [] : [line("Heartbeat", `${lastHeartbeat}, on chain`)]),
    ]),
    ...told(record, "Record", (valid) => [
      line(
        "Record",
        valid
          ? `valid: the chain lets this node into quorums; ends ${recordEnds.value ?? "nobody tells when"}`
          : "NONE THAT IS VALID: no jobs come where the ICL reads the chain; fxn blindference attest --register-on-chain",
      ),
    ]),
  ];
}

function told<T>({ value, problem }: Read<T>, name: string, words: (value: T) => readonly string[]): readonly string[] {
  return value === null ? [line(name, `NOT KNOWN: ${problem}`)] : words(value);
}

function line(name: string, value: string): string {
  return `${name.padEnd(11)} ${value}`;
}
