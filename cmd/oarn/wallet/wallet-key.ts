// What create and import share: whose key it becomes, the password that `fxn start` will open it with, and the file.

import { resolve } from "node:path";
import type { Secret } from "../../../src/core/secret.ts";
import { encryptWallet } from "../../../src/keys/argon2-wallet.ts";
import { KeyError } from "../../../src/keys/errors.ts";
import { assertNoKey, saveKey } from "../../../src/keys/key-store.ts";
import { onlyPassword, type Passwords, passwordsFrom } from "../../../src/keys/password.ts";
import { oarnNetwork } from "../../../src/networks/oarn/network.ts";
import { publicNames } from "../../public-names.ts";
import { OarnCommand, type OarnHome } from "../oarn-command.ts";

export abstract class WalletKeyCommand extends OarnCommand {
  /** @throws KeyError key_exists, before anything is asked for */
  protected async vacant(): Promise<OarnHome> {
    const home = await this.oarn();
    assertNoKey(this.homeDir(), home.account);
    return home;
  }

  protected async newPassword(home: OarnHome): Promise<Secret> {
    return (await this.#passwords(home)).fresh(`OARN's key "${home.account}"`);
  }

  /** @returns its file */
  protected async keep({ account }: OarnHome, key: Uint8Array, password: Secret): Promise<string> {
    return saveKey(this.homeDir(), account, await encryptWallet(key, password, { kind: oarnNetwork.keyKind }));
  }

  protected told(home: OarnHome, key: Uint8Array, path: string): void {
    this.print(`Address  ${publicNames(key, oarnNetwork.keyKind).address}`);
    this.print(`File     ${path} (encrypted: Argon2id, AES-256-GCM)`);
    const steps = [
      "Keep its password where fxn start finds it: --password-file, or OARN_WALLET_PASSWORD.",
      "Send it a little ETH for gas, on the chain that networks.oarn.blockchain names.",
      home.on ? "Start the node: fxn start. Then look: fxn oarn status." : "Turn OARN on: fxn oarn init.",
    ];
    this.print("");
    this.print("Next:");
    for (const [i, step] of steps.entries()) this.print(`  ${i + 1}. ${step}`);
  }

  /** As `fxn start` asks: the key's own file, then the network's own variable, then the node's password. A flag goes before all. */
  async #passwords({ own }: OarnHome): Promise<Passwords> {
    if (this.passwordFile !== undefined || this.passwordFd !== undefined) return this.passwords();
    const { file, password } = own;
    if (file !== undefined)
      return passwordsFrom(
        { configFile: resolve(this.homeDir(), file) },
        { env: {}, prompt: undefined, warn: (message) => this.printError(`fxn: ${message}`) },
      );
    return password ? onlyPassword(password) : this.passwordsOfHome();
  }
}

export function walletRefused(message: string, hint: string): KeyError {
  return new KeyError("key_invalid", message, hint);
}
