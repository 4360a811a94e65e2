// Whether the node can say where it is: the public IP that a scheduler's challenge asks for.
import { type CheckAnswer, type CheckKind, ok, skip, warn } from "../../core/check.ts";
import { messageOf } from "../../core/errors.ts";
import { hostOf } from "../../lib/http-head.ts";
import { isPublicAddress } from "../../lib/public-address.ts";
import { functionIsOn } from "../../networks/config.ts";
import { notPublic, PUBLIC_IP_STEP, publicIpFinder, publicIpTrouble } from "../public-ip.ts";
import { VALID } from "./config.ts";
import type { Surroundings } from "./surroundings.ts";

export const PUBLIC_IP_CHECKS: readonly CheckKind<Surroundings>[] = [
  {
    id: "public.ip",
    title: "The node knows its public IP",
    looksAt:
      "node.publicIp, or what node.publicIpUrl answers: whether there is one, and whether it is a public address. Only where the network that asks for it is on.",
    mend: "Set node.publicIp to the IP that the world sees: the machine's own, or that of the router or proxy in front of it. In a network of your own, list it in challenges.reachableHosts.",
    after: [VALID],
    run: publicIp,
  },
];

async function publicIp(look: Surroundings, signal: AbortSignal): Promise<CheckAnswer> {
  const { config } = await look.config();
  if (!functionIsOn(config)) return skip("no network that is on asks for it");
  const trouble = publicIpTrouble(config);
  if (trouble !== undefined) return warn(trouble, await step(look));
  try {
    const ip = await publicIpFinder(() => config.node, look.fetch, look.clock)(signal);
    const wrong = notPublic(ip, config);
    return wrong === undefined ? ok(ip) : warn(wrong, await step(look));
  } catch (error) {
    return warn(messageOf(error), "Does node.publicIpUrl answer with an IP address as text? Or set node.publicIp.");
  }
}

/** What the registered name leads to is most often the right one. */
async function step({ publicUrl, resolve }: Surroundings): Promise<string> {
  const url = await publicUrl().catch(() => undefined);
  const addresses = url ? await resolve(hostOf(url)).catch((): readonly string[] => []) : [];
  const [address] = addresses.filter(isPublicAddress);
  const known = url && address ? `; ${url.hostname} is ${address}` : "";
  return `${PUBLIC_IP_STEP.replace(/^s/, "S")}${known}.`;
}
