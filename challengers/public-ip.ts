// This machine's public IP: set in config.yaml, or asked of a service named there and kept.
import { z } from "zod";
import type { Clock } from "../src/core/clock.ts";
import { ChallengeError } from "./errors.ts";

export interface PublicIpPorts {
  /** As they are now. */
  readonly settings: () => { readonly publicIp?: string | undefined; readonly publicIpUrl?: string | undefined };
  /** The body of a GET as text. */
  readonly fetchText: (url: string, signal: AbortSignal) => Promise<string>;
  readonly clock: Clock;
}

const KEEP_MS = 10 * 60_000;
const ipText = z
  .string()
  .trim()
  .pipe(z.union([z.ipv4(), z.ipv6()]));

export function createPublicIp(ports: PublicIpPorts): (signal: AbortSignal) => Promise<string> {
  let kept: { url: string; ip: string; at: number } | undefined;
  return async (signal) => {
    const { publicIp, publicIpUrl: url } = ports.settings();
    if (publicIp !== undefined) return publicIp;
    if (url === undefined) {
      throw new ChallengeError("public_ip_unknown", 500, "this node does not know its public IP", {
        hint: "Set node.publicIp, or node.publicIpUrl, in config.yaml.",
      });
    }
    if (kept?.url !== url) kept = undefined;
    if (kept && ports.clock.monotonic() - kept.at < KEEP_MS) return kept.ip;
    try {
      const ip = ipText.parse(await ports.fetchText(url, signal));
      kept = { url, ip, at: ports.clock.monotonic() };
    } catch (cause) {
      // An address that was right ten minutes ago is a better answer than none.
      if (!kept) {
        throw new ChallengeError("public_ip_unknown", 500, "this node could not find out its public IP", {
          cause,
          hint: "Does node.publicIpUrl answer with an IP address as text? Or set node.publicIp.",
        });
      }
    }
    return kept.ip;
  };
}
