// This node's public IP, of which challenges ask: as it is set or found out, and what is wrong with the settings.
import { createPublicIp } from "../../challengers/public-ip.ts";
import type { Config } from "../config/schema.ts";
import type { Clock } from "../core/clock.ts";
import type { Fetch } from "../lib/fetch.ts";
import { isPublicAddress } from "../lib/public-address.ts";
import { functionIsOn } from "../networks/config.ts";

export const PUBLIC_IP_STEP = "set node.publicIp in config.yaml to the IP that the world sees, then fxn reload";

/** @throws ChallengeError */
export function publicIpFinder(settings: () => Config["node"], get: Fetch, clock: Clock) {
  return createPublicIp({
    settings,
    clock,
    async fetchText(url, signal) {
      const { body } = await get(url, { timeoutMs: 5000, maxBytes: 1024, signal });
      return new TextDecoder().decode(body);
    },
  });
}

/** What the settings alone tell; undefined: nothing is wrong, or nobody asks for it. */
export function publicIpTrouble(config: Config): string | undefined {
  if (!functionIsOn(config)) return undefined;
  const { publicIp, publicIpUrl } = config.node;
  if (publicIp === undefined) {
    return publicIpUrl === undefined ? "node.publicIp is not set, and IDENTITY challenges ask for it" : undefined;
  }
  return notPublic(publicIp, config);
}

/** In a network of one's own, private addresses are listed as reachable. */
export function notPublic(ip: string, { challenges }: Pick<Config, "challenges">): string | undefined {
  if (isPublicAddress(ip) || challenges.reachableHosts.includes(ip)) return undefined;
  return `${ip}, with which IDENTITY challenges are answered, is no public address`;
}
