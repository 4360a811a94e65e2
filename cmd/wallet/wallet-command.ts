// What commands for accounts on chains share: whose there are, their keys, and words for what goes wrong on the way.
import { Option, UsageError } from "clipanion";
import type { LoadedConfig } from "../../src/config/load.ts";
import type { Address } from "../../src/core/address.ts";
import { systemClock } from "../../src/core/clock.ts";
import { listKeys } from "../../src/keys/key-store.ts";
import { type Keyring, openKeyring } from "../../src/keys/keyring.ts";
import { loadConfig } from "../../src/networks/config.ts";
import { type Wallet, type WalletPorts, walletsOn } from "../../src/node/wallets.ts";
import { KeyCommand } from "../key-command.ts";
import type { ValuesOf } from "../manual/values.ts";
import { troubleLog } from "../sending.ts";

export interface WalletHome {
  readonly wallets: readonly Wallet[];
  readonly keyring: Keyring;
  readonly ports: WalletPorts;
}

export abstract class WalletCommand extends KeyCommand {
  static override values: ValuesOf = KeyCommand.values;

  network = Option.String("--network", {
    description: "Whose account, by its name in fxn networks list. Default: every network that is on and has one",
  });

  /** Asks for no password yet. @throws UsageError when no network fits */
  protected async wallets(): Promise<WalletHome> {
    const home = this.homeDir();
    const loaded = await loadConfig({ home, env: this.context.env });
    const wallets = this.#chosen(loaded);
    const keyring = openKeyring(home, this.passwords(loaded.config.keystore.passwordFile));
    const log = troubleLog((line) => this.printError(line));
    return { wallets, keyring, ports: { clock: systemClock, log } };
  }

  #chosen(loaded: LoadedConfig): readonly Wallet[] {
    const all = walletsOn(loaded, this.context.env);
    const wallets = all.filter(({ network }) => this.network === undefined || network === this.network);
    if (wallets.length > 0) return wallets;
    if (all.length === 0) throw new UsageError("no network that is on settles on a chain: see fxn networks list");
    const known = all.map(({ network }) => network).join(", ");
    throw new UsageError(`--network: "${this.network}" is none of ${known}`);
  }

  /** A key's file says its address; one that does not has to be opened. */
  protected async addressOf({ account, own }: Wallet, keyring: Keyring): Promise<Address> {
    const known = listKeys(this.homeDir()).find(({ name }) => name === account)?.address;
    return known ?? (await keyring.signer(account, own)).address;
  }
}
