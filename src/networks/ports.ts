// What a network of its own accord gets from the node, and how such a network is declared.
import type { z } from "zod";
import type { Chain, ChainReader } from "../chain/chain.ts";
import type { Token } from "../chain/tokens.ts";
import type { Environment } from "../config/environment.ts";
import type { BudgetPort } from "../core/budget.ts";
import type { CheckText } from "../core/check.ts";
import type { Clock } from "../core/clock.ts";
import type { DataClass } from "../core/data-class.ts";
import type { Earnings } from "../core/earnings.ts";
import type { EthereumAccount } from "../core/ethereum.ts";
import type { GpuStats } from "../core/gpu.ts";
import type { ModelCard } from "../core/inference.ts";
import type { Log } from "../core/log.ts";
import type { OwnSession } from "../core/network.ts";
import type { NetworkEnvironment, NetworkImport } from "../core/network-import.ts";
import type { NetworkState } from "../core/network-state.ts";
import type { NostrIdentity } from "../core/nostr.ts";
import type { ReplayGuard } from "../core/replay.ts";
import type { TextPort } from "../core/text.ts";
import type { KeyKind } from "../keys/key-label.ts";
import type { Fetch } from "../lib/fetch.ts";
import type { NetworkMetrics } from "../observe/metrics/network.ts";
import type { Tracer } from "../observe/traces/tracer.ts";
import { type CheckWords, textsOf } from "./check-words.ts";

export interface ModelServer {
  /** "vllm": the provider of model_backend.yaml. */
  readonly kind: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** Every id and alias that it is asked for. */
  readonly names: readonly string[];
  /** False: it is left out, after failures. */
  readonly works: boolean;
}

export interface ModelProgram {
  readonly command: readonly string[];
  /** What of the disk it needs where it sees nothing else, absolute. */
  readonly readable: readonly string[];
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
}

export interface NetworkPorts {
  /** Of the network's key; the same one signs as `account`. */
  readonly identity: NostrIdentity;
  readonly account: EthereumAccount;
  /** BIP-340. @param publicKey x, 32 bytes @param digest 32 bytes @param signature 64 bytes */
  schnorr(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean;
  readonly text: TextPort;
  /** Every id and alias that may be asked for, as they are now. */
  models(): readonly ModelCard[];
  /** Where the text comes from, and whether it can: what a policy on model servers is held against. */
  modelServers(): readonly ModelServer[];
  /** Whether this network may take work now: shares, quiet hours, the operator's own use. */
  readonly budget: BudgetPort;
  readonly replay: ReplayGuard;
  readonly state: NetworkState;
  readonly fetch: Fetch;
  /** The latest figures; never waits. */
  gpus(): readonly GpuStats[];
  /** This program again, as the process of a model. */
  readonly modelProgram: ModelProgram;
  readonly version: string;
  readonly home: string;
  /** 0 up to, not including, 1: for jitter. */
  random(): number;
  readonly metrics: NetworkMetrics;
  /** undefined: this node's requests are not traced. */
  readonly tracer: () => Pick<Tracer, "begin"> | undefined;
  /** One for each chain and account, whoever asks. */
  chain(use: ChainUse): Chain;
  /** To look at chains for a while; whoever opens them closes them. */
  readers(): ChainReaders;
  readonly earnings: Earnings;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a network that settles on a chain has use for. */
export type ChainPorts = Omit<NetworkPorts, "identity" | "schnorr">;

export interface ChainUse {
  readonly chainId: number;
  readonly rpcUrls: readonly string[];
  /** The setting that has them. Default: networks.<network>.rpcUrls. */
  readonly rpcSetting?: string;
  /** Most that this network's transactions may cost in 24 hours, wei. */
  readonly gasPerDay: bigint;
  /** Most wei for each gas. */
  readonly maxFeePerGas?: bigint;
  /** Blocks, a transaction's own among them, until it counts as done. Default: 1. */
  readonly confirmations?: number;
  /** Default: the node's own way out. */
  readonly fetch?: Fetch;
}

export interface ChainReaders {
  of(use: ChainUse): ChainReader;
  /** Ends what is asked, too. */
  close(): void;
}

/** What `fxn wallet` knows of a network's account: its chain, and what it may hold there besides ETH. */
export interface NetworkWallet extends ChainUse {
  readonly tokens: readonly Token[];
}

/** Declares a network: a folder, and a line in index.ts. */
export interface NetworkDefinition<Settings extends z.ZodObject> {
  readonly id: string;
  /** What its key is made and imported as. */
  readonly keyKind: KeyKind;
  /** What stands under networks.<id> in config.yaml; `enabled`, the account and the budget are every network's. */
  readonly settings: Settings;
  /** Milliseconds around now in which the wire takes signed times; nonces are kept for longer. 0: it takes none. */
  readonly replayWindowMs: number;
  /** What no single setting can know; looked at where the network is on, and each refuses the configuration. */
  check?(settings: z.output<Settings>): readonly SettingProblem[];
  /** What its session's checks are about, each under its name: `<id>.<name>` is the check's id. */
  readonly checkWords: Readonly<Record<string, CheckWords>>;
  /** What it keeps beside what every node does. */
  readonly dataKept?: readonly DataClass[];
  /** Of networks that settle on a chain. */
  wallet?(settings: z.output<Settings>): NetworkWallet;
  /** May load what does the work first, so that commands which have no use for that start without it. */
  open(settings: z.output<Settings>, ports: NetworkPorts): OwnSession | Promise<OwnSession>;
  /**
   * Reads the configuration of the network's reference node. Never a secret in an error or a note.
   * @param text of the file @param where names it in errors @throws FxnError
   */
  importFile(text: string, where: string): NetworkImport;
  /**
   * Reads the reference node's variables; those of fxn go before them. They may be another program's where this network
   * is off: then only what turns it on is read.
   * @param written what the file has under networks.<id>: a variable may name one member of a list @throws FxnError that
   * names the variable
   */
  readEnvironment(env: Environment, on: boolean, written?: unknown): NetworkEnvironment;
}

export interface SettingProblem {
  /** Under networks.<id>: "heartbeat.interval". */
  readonly setting: string;
  readonly message: string;
}

export interface OwnNetwork {
  readonly id: string;
  readonly keyKind: KeyKind;
  readonly settings: z.ZodObject;
  readonly replayWindowMs: number;
  readonly checkTexts: readonly CheckText[];
  readonly dataKept: readonly DataClass[];
  check(written: unknown): readonly SettingProblem[];
  /** undefined: it settles on no chain. */
  wallet(written: unknown): NetworkWallet | undefined;
  /** @param written its part of the configuration, which the schema has passed */
  open(written: unknown, ports: NetworkPorts): Promise<OwnSession>;
  importFile(text: string, where: string): NetworkImport;
  readEnvironment(env: Environment, on: boolean, written?: unknown): NetworkEnvironment;
}

/** The schema is parsed where its type is known: so a table can hold networks whose settings differ. */
export function ownNetwork<Settings extends z.ZodObject>(definition: NetworkDefinition<Settings>): OwnNetwork {
  return {
    ...definition,
    checkTexts: textsOf(definition.id, definition.checkWords),
    dataKept: definition.dataKept ?? [],
    check: (written) => definition.check?.(definition.settings.parse(written)) ?? [],
    wallet: (written) => definition.wallet?.(definition.settings.parse(written)),
    open: async (written, ports) => definition.open(definition.settings.parse(written), ports),
  };
}
