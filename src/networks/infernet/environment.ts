// The reference's variables in the environment of a start, and fxn's own for its three intervals.
import type { Environment } from "../../config/environment.ts";
import type { NetworkEnvironment } from "../../core/network-import.ts";

/** The first that is set decides. */
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  "intervals.heartbeatMs": ["INFERNET_HEARTBEAT_INTERVAL_MS"],
  "intervals.pollMs": ["INFERNET_POLL_INTERVAL_MS"],
  "intervals.commandMs": ["INFERNET_COMMAND_INTERVAL_MS"],
  "p2p.port": ["INFERNET_BIND_PORT", "INFERNET_P2P_PORT"],
  "p2p.publicPort": ["INFERNET_PUBLIC_PORT"],
  address: ["INFERNET_PUBLIC_ADDRESS"],
};

/** What the schema thinks of the values is for the schema to say. */
export function readEnvironment(env: Environment, on: boolean): NetworkEnvironment {
  if (!on) return { settings: [], privateKey: undefined, notes: [] };
  const settings = Object.entries(SETTINGS).flatMap(([setting, names]) => {
    const name = names.find((candidate) => env[candidate]);
    return name === undefined ? [] : [{ setting, value: env[name], names: [name] }];
  });
  return { settings, privateKey: undefined, notes: [] };
}
