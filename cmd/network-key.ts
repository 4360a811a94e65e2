// The key of a network: its name is in the configuration, its password in a file, a variable of the network's own node, or asked.
import type { Environment } from "../src/config/environment.ts";
import type { Keyring } from "../src/keys/keyring.ts";
import type { OwnConfig } from "../src/networks/config.ts";
import type { NetworkKey } from "../src/node/own-networks.ts";

/** Asks for a password only where none is there. @throws KeyError */
export async function networkKey(
  { network, account: name, passwordFile }: Omit<OwnConfig, "written">,
  keyring: Keyring,
  env: Environment,
): Promise<NetworkKey> {
  const own = { file: passwordFile, password: network.readEnvironment(env, true).keyPassword };
  return { identity: await keyring.nostr(name, own), account: await keyring.signer(name, own) };
}
