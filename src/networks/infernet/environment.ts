// The reference's variables in the environment of a start, and fxn's own for its three intervals.
import type { Environment } from "../../config/environment.ts";
import type { NetworkEnvironment } from "../../core/network-import.ts";

/** The first that is set decides, as in the reference; the first two are those of its container. */
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  url: ["INFERNET_CONTROL_PLANE_URL"],
  name: ["INFERNET_NODE_NAME"],
  "intervals.heartbeatMs": ["INFERNET_HEARTBEAT_INTERVAL_MS"],
  "intervals.pollMs": ["INFERNET_POLL_INTERVAL_MS"],
  "intervals.commandMs": ["INFERNET_COMMAND_INTERVAL_MS"],
  "p2p.port": ["INFERNET_BIND_PORT", "INFERNET_P2P_PORT"],
  "p2p.publicPort": ["INFERNET_PUBLIC_PORT"],
  address: ["INFERNET_PUBLIC_ADDRESS", "RUNPOD_PUBLIC_IP", "PUBLIC_IPADDR"],
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
