// What commands about this node's registration share: its account, its chain, and how both are shown.
import { existsSync } from "node:fs";
import { Option } from "clipanion";
import { describedBy } from "../../registries/provider/metadata.ts";
import { idText } from "../../registries/provider/provider-id.ts";
import type { Registered, Standing } from "../../registries/provider/reads.ts";
import type { Config } from "../../src/config/schema.ts";
import type { Address } from "../../src/core/address.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { EthereumAccount } from "../../src/core/ethereum.ts";
import { KeyError } from "../../src/keys/errors.ts";
import { keyPath, listKeys, NODE_KEY } from "../../src/keys/key-store.ts";
import { openKeyring } from "../../src/keys/keyring.ts";
import { clean } from "../../src/lib/clean.ts";
import { loadConfig } from "../../src/networks/config.ts";
import type { WalletPorts } from "../../src/node/wallets.ts";
import { KeyCommand } from "../key-command.ts";
import type { ValuesOf } from "../manual/values.ts";
import { troubleLog } from "../sending.ts";

export interface ProviderHome {
  readonly home: string;
  readonly config: Config;
  readonly ports: WalletPorts;
}

export interface ShownProvider {
  readonly id: string;
  /** Decimal text: it may be larger than JSON's numbers. */
  readonly modelId: string;
  readonly url: string | null;
  readonly name: string | null;
  /** ISO 8601. */
  readonly registeredAt: string;
  readonly paused: boolean;
  readonly active: boolean;
}

export abstract class ProviderCommand extends KeyCommand {
  static override values: ValuesOf = KeyCommand.values;

  json = Option.Boolean("--json", false, { description: "Print JSON" });

  /** Asks for no password. */
  protected async opened(): Promise<ProviderHome> {
    const home = this.homeDir();
    const { config } = await loadConfig({ home, env: this.context.env });
    return { home, config, ports: { clock: systemClock, log: troubleLog((line) => this.printError(line)) } };
  }

  protected async account({ home, config }: ProviderHome): Promise<EthereumAccount> {
    return openKeyring(home, this.passwords(config.keystore.passwordFile)).signer(NODE_KEY);
  }

  /** A key's file says its address; one that does not has to be opened. */
  protected async address(opened: ProviderHome): Promise<Address> {
    const path = keyPath(opened.home, NODE_KEY);
    if (!existsSync(path)) {
      const hint = "Make or import one: fxn accounts new; or: fxn accounts import FILE";
      throw new KeyError("key_missing", `There is no key at ${path}`, hint);
    }
    const known = listKeys(opened.home).find(({ name }) => name === NODE_KEY)?.address;
    return known ?? (await this.account(opened)).address;
  }

  /** For people; where a machine reads standard output, beside it. */
  protected say(line: string): void {
    if (this.json) this.printError(line);
    else this.print(line);
  }
}

export function shownProvider({ id, modelId, metadata, registeredAt, paused, active }: Registered): ShownProvider {
  const { url, name } = describedBy(metadata);
  return {
    id: idText(id),
    modelId: String(modelId),
    url: url === undefined ? null : clean(url, 1024),
    name: name === undefined ? null : clean(name, 1024),
    registeredAt: new Date(Number(registeredAt) * 1000).toISOString(),
    paused,
    active,
  };
}

/** What the owner should do about it; undefined: nothing. */
export function nextStep(providers: Standing["providers"]): string | undefined {
  const [first] = providers;
  if (!first) return "fxn provider register --model-id N --url https://node.example --stake";
  const which = (one: Registered) => (providers.length > 1 ? ` --id ${idText(one.id)}` : "");
  const paused = providers.find((one) => one.paused);
  if (paused) return `fxn provider unpause${which(paused)}`;
  const idle = providers.find((one) => !one.active);
  return idle && `fxn provider stake${which(idle)}`;
}
