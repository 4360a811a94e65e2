// What commands for Blindference share: the settings of this home, its account, its chain, and its model servers.
import { existsSync } from "node:fs";
import { Option } from "clipanion";
import type { LoadedConfig } from "../../src/config/load.ts";
import type { Address } from "../../src/core/address.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { EthereumAccount } from "../../src/core/ethereum.ts";
import { KeyError } from "../../src/keys/errors.ts";
import { keyPath, listKeys } from "../../src/keys/key-store.ts";
import { openKeyring } from "../../src/keys/keyring.ts";
import { signerFromKey } from "../../src/keys/signer.ts";
import { checksumAddress } from "../../src/lib/ethereum.ts";
import { createFetch } from "../../src/lib/fetch.ts";
import { blindferenceNetwork } from "../../src/networks/blindference/network.ts";
import { Payments } from "../../src/networks/blindference/payments.ts";
import { type BlindferenceSettings, settings } from "../../src/networks/blindference/settings.ts";
import { loadConfig, type OwnConfig, ownConfigOf } from "../../src/networks/config.ts";
import { type ModelServers, openModelServers } from "../../src/node/model-servers.ts";
import { openWalletReads, type Wallet, type WalletPorts, type WalletReads, walletOf } from "../../src/node/wallets.ts";
import { KeyCommand } from "../key-command.ts";
import { troubleLog } from "../sending.ts";
import { VERSION } from "../version.ts";

export interface BlindferenceHome {
  readonly home: string;
  readonly loaded: LoadedConfig;
  readonly own: OwnConfig;
  readonly settings: BlindferenceSettings;
  readonly wallet: Wallet;
  readonly ports: WalletPorts;
}

export abstract class BlindferenceCommand extends KeyCommand {
  json = Option.Boolean("--json", false, { description: "Print JSON" });

  /** Asks for no password. */
  protected async opened(): Promise<BlindferenceHome> {
    const home = this.homeDir();
    const loaded = await loadConfig({ home, env: this.context.env });
    const own = ownConfigOf(blindferenceNetwork, loaded);
    const wallet = walletOf(own, this.context.env);
    if (!wallet) throw new Error("Blindference settles on a chain");
    const log = troubleLog((line) => this.printError(line));
    return { home, loaded, own, settings: settings.parse(own.written), wallet, ports: { clock: systemClock, log } };
  }

  /** As a start with the same variables would have it; asks for the key's password. */
  protected async account({ home, loaded, wallet }: BlindferenceHome): Promise<EthereumAccount> {
    const given = this.#keyInEnvironment();
    if (given) return given;
    if (!existsSync(keyPath(home, wallet.account))) {
      const hint = "Make or import one: fxn blindference init; or: fxn networks import blindference config.json";
      throw new KeyError("key_missing", `There is no key at ${keyPath(home, wallet.account)}`, hint);
    }
    return openKeyring(home, this.passwords(loaded.config.keystore.passwordFile)).signer(wallet.account, wallet.own);
  }

  /** A key's file says its address; one that does not has to be opened. */
  protected async address(opened: BlindferenceHome): Promise<Address> {
    const known = listKeys(opened.home).find(({ name }) => name === opened.wallet.account)?.address;
    return this.#keyInEnvironment()?.address ?? known ?? (await this.account(opened)).address;
  }

  #keyInEnvironment(): EthereumAccount | undefined {
    const key = blindferenceNetwork.readEnvironment(this.context.env, true).privateKey;
    return key && signerFromKey(Buffer.from(key.reveal(), "hex"));
  }

  protected async payments(opened: BlindferenceHome): Promise<Payments> {
    const node = checksumAddress(await this.address(opened));
    return new Payments(opened.settings.paymentUrl, node, { fetch: createFetch(systemClock) });
  }

  /** Without a key. @throws WalletError when no RPC is named */
  protected async reading<T>(
    { wallet, ports }: BlindferenceHome,
    work: (chain: WalletReads) => Promise<T>,
  ): Promise<T> {
    const chain = openWalletReads(wallet, ports);
    return work(chain).finally(() => chain.close());
  }

  /** Asked directly: the node need not run. */
  protected async asking<T>(
    { home, loaded, ports }: Pick<BlindferenceHome, "home" | "loaded" | "ports">,
    work: (servers: ModelServers) => Promise<T>,
  ): Promise<T> {
    const servers = openModelServers(loaded, { ...ports, home, env: this.context.env, version: VERSION });
    return work(servers).finally(() => servers.close());
  }

  /** For people; where a machine reads standard output, beside it. */
  protected say(line: string): void {
    if (this.json) this.printError(line);
    else this.print(line);
  }
}
