// What commands for OARN share: its settings in this home, its chain for reading or for sending, and IPFS on its way out.
import { UsageError } from "clipanion";
import type { ChainReader } from "../../src/chain/chain.ts";
import type { LoadedConfig } from "../../src/config/load.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { EthereumAccount } from "../../src/core/ethereum.ts";
import type { Log } from "../../src/core/log.ts";
import type { NetworkState } from "../../src/core/network-state.ts";
import type { Ipfs } from "../../src/ipfs/ipfs.ts";
import { listKeys } from "../../src/keys/key-store.ts";
import { type OwnPassword, openKeyring } from "../../src/keys/keyring.ts";
import { createFetch } from "../../src/lib/fetch.ts";
import { loadConfig, ownConfigOf } from "../../src/networks/config.ts";
import { type Discovered, discover } from "../../src/networks/oarn/discovery/discover.ts";
import { oarnNetwork } from "../../src/networks/oarn/network.ts";
import { openContentStore } from "../../src/networks/oarn/open.ts";
import { type OarnSettings, settings } from "../../src/networks/oarn/settings.ts";
import { wayOut } from "../../src/networks/oarn/way-out.ts";
import type { ChainUse } from "../../src/networks/ports.ts";
import { openReaders } from "../../src/node/chain-readers.ts";
import { openAccountChains } from "../../src/node/wallets.ts";
import { KeyCommand } from "../key-command.ts";

export interface OarnHome {
  readonly loaded: LoadedConfig;
  readonly settings: OarnSettings;
  /** The key that signs, by its name, and where its password is. */
  readonly account: string;
  readonly own: OwnPassword;
  /** Whether `fxn start` works for this network. */
  readonly on: boolean;
}

/** Its chain with an account that can send. */
export interface Signing extends Discovered {
  readonly account: EthereumAccount;
  readonly state: NetworkState;
}

export abstract class OarnCommand extends KeyCommand {
  protected async oarn(): Promise<OarnHome> {
    const loaded = await loadConfig({ home: this.homeDir(), env: this.context.env });
    const { account, passwordFile, written } = ownConfigOf(oarnNetwork, loaded);
    const password = oarnNetwork.readEnvironment(this.context.env, true).keyPassword;
    const on = loaded.config.networks[oarnNetwork.id]?.enabled === true;
    return { loaded, settings: settings.parse(written), account, own: { file: passwordFile, password }, on };
  }

  /** Without a key. */
  protected async reading<T>(home: OarnHome, work: (there: Discovered<ChainReader>) => Promise<T>): Promise<T> {
    const readers = openReaders(oarnNetwork.id, { clock: systemClock, log: this.log });
    const use = this.#through(home.settings);
    try {
      const there = await discover(home.settings, { chain: (one) => readers.of(use(one)), rank: Math.random });
      return await work(this.#told(there));
    } finally {
      readers.close();
    }
  }

  /** Asks for the key's password. */
  protected async signing<T>(home: OarnHome, work: (there: Signing) => Promise<T>): Promise<T> {
    const keyring = openKeyring(this.homeDir(), this.passwords(home.loaded.config.keystore.passwordFile));
    const account = await keyring.signer(home.account, home.own);
    const ports = { clock: systemClock, log: this.log };
    const { of, state, close } = openAccountChains(this.homeDir(), oarnNetwork.id, account, ports);
    const use = this.#through(home.settings);
    try {
      const there = await discover(home.settings, { chain: (one) => of(use(one)), rank: Math.random });
      return await work({ ...this.#told(there), account, state });
    } finally {
      close();
    }
  }

  protected ipfs({ settings: parsed }: OarnHome): Ipfs {
    const ports = { fetch: this.#wayOut(parsed), clock: systemClock, log: this.log };
    return openContentStore(parsed, this.homeDir(), ports);
  }

  /** A key's file says its address; undefined: there is no key, or its file does not say it. */
  protected addressIn({ account }: OarnHome) {
    return listKeys(this.homeDir()).find(({ name }) => name === account)?.address;
  }

  /** Standard output is for results only. */
  protected readonly log: Log = {
    debug() {},
    info() {},
    warn: (fields, message) => this.#said(fields, message),
    error: (fields, message) => this.#said(fields, message),
  };

  #said(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.printError(`fxn: ${message}${typeof fields.error === "string" ? `: ${fields.error}` : ""}`);
  }

  #wayOut({ privacy }: OarnSettings) {
    return wayOut(privacy.socksProxy, createFetch(systemClock), systemClock);
  }

  #through(parsed: OarnSettings) {
    const fetch = this.#wayOut(parsed);
    return (use: ChainUse): ChainUse => ({ ...use, fetch });
  }

  #told<There extends { readonly problems: readonly string[] }>(there: There): There {
    for (const problem of there.problems) this.printError(`fxn: ${problem}`);
    return there;
  }
}

/** @throws UsageError */
export function taskId(text: string): bigint {
  if (/^[1-9]\d{0,77}$/.test(text)) return BigInt(text);
  throw new UsageError(`ID: "${text}" is no task's number, such as 7`);
}
