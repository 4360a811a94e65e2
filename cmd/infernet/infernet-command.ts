// What commands for Infernet share: the settings of this home, its key, and a control plane that knows it by that key.
import { systemClock } from "../../src/core/clock.ts";
import type { Log } from "../../src/core/log.ts";
import { openKeyring } from "../../src/keys/keyring.ts";
import { createFetch } from "../../src/lib/fetch.ts";
import { loadConfig, ownConfigOf } from "../../src/networks/config.ts";
import { ControlPlane } from "../../src/networks/infernet/control-plane.ts";
import { infernetNetwork } from "../../src/networks/infernet/network.ts";
import { type InfernetSettings, settings } from "../../src/networks/infernet/settings.ts";
import { KeyCommand } from "../key-command.ts";

export interface InfernetHome {
  readonly settings: InfernetSettings;
  readonly plane: ControlPlane;
}

export abstract class InfernetCommand extends KeyCommand {
  protected async settings(): Promise<InfernetSettings> {
    const loaded = await loadConfig({ home: this.homeDir(), env: this.context.env });
    return settings.parse(ownConfigOf(infernetNetwork, loaded).written);
  }

  /** Asks for the key's password. */
  protected async infernet(): Promise<InfernetHome> {
    const home = this.homeDir();
    const loaded = await loadConfig({ home, env: this.context.env });
    const { written, account, passwordFile } = ownConfigOf(infernetNetwork, loaded);
    const parsed = settings.parse(written);
    const keyring = openKeyring(home, this.passwords(loaded.config.keystore.passwordFile));
    const identity = await keyring.nostr(account, { file: passwordFile });
    const said = (message: string) => this.printError(`fxn: ${message}`);
    const log: Log = {
      debug() {},
      info() {},
      warn: (_, message) => said(message),
      error: (_, message) => said(message),
    };
    const fetch = createFetch(systemClock);
    return { settings: parsed, plane: new ControlPlane(parsed.url, { fetch, identity, clock: systemClock, log }) };
  }
}
