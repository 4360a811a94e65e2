// What no single setting can know: settings that contradict each other.

import { formatDuration } from "../core/duration.ts";
import { isLoopback } from "./net-fields.ts";
import type { Places } from "./parse.ts";
import { type Problem, pathText } from "./problems.ts";
import type { Config } from "./schema.ts";

/** Of admin.token. */
export const SHORTEST_TOKEN = 16;

export interface Finding {
  readonly path: readonly string[];
  readonly message: string;
}

/** Each of these refuses the configuration. @param others what the networks found */
export function contradictions(config: Config, places: Places, others: readonly Finding[]): readonly Problem[] {
  const own = [openBypass, sharedPort, tokenAtFault, bodiesThatNeverFit, timesOutOfOrder].flatMap((find) =>
    find(config),
  );
  return [...own, ...others].map((finding) => placed(finding, places));
}

/** Each of these is said once and lived with. */
export function cautions({ admin }: Config, places: Places): readonly Problem[] {
  const { host } = admin.listen;
  const findings: Finding[] = [];
  if (!isLoopback(host)) {
    const message = `${host} is not a loopback address: whoever reaches it can read /metrics; the rest needs the admin token`;
    findings.push({ path: ["admin", "listen"], message });
  }
  if (admin.token && admin.tokenFile !== undefined) {
    findings.push({ path: ["admin", "tokenFile"], message: "not used: admin.token is set and wins" });
  }
  return findings.map((finding) => placed(finding, places));
}

function placed({ path, message }: Finding, places: Places): Problem {
  return { ...places.valueAt(path), path: pathText(path), message };
}

function openBypass({ node, registry }: Config): Finding[] {
  if (!registry.bypassAuth || isLoopback(node.listenAddress)) return [];
  const message = `true lets everyone in who reaches ${node.listenAddress}: set it to false, or node.listenAddress to 127.0.0.1`;
  return [{ path: ["registry", "bypassAuth"], message }];
}

function sharedPort({ node, admin }: Config): Finding[] {
  if (node.listenPort !== admin.listen.port || node.listenPort === 0) return [];
  const hosts = [node.listenAddress, admin.listen.host];
  const overlap = hosts[0] === hosts[1] || hosts.some((host) => host === "0.0.0.0" || host === "::");
  // localhost and 127.0.0.1 are two names of one address.
  if (!overlap && !hosts.every(isLoopback)) return [];
  return [
    { path: ["admin", "listen"], message: `port ${node.listenPort} is taken by node.listenPort: choose another` },
  ];
}

function tokenAtFault({ admin }: Config): Finding[] {
  if (admin.token === undefined || admin.token.reveal().length >= SHORTEST_TOKEN) return [];
  return [{ path: ["admin", "token"], message: `shorter than ${SHORTEST_TOKEN} characters: it could be guessed` }];
}

function bodiesThatNeverFit({ limits }: Config): Finding[] {
  return (["openaiBody", "challengeBody"] as const)
    .filter((key) => limits[key] > limits.bufferedBodies)
    .map((key) => ({
      path: ["limits", key],
      message: "larger than limits.bufferedBodies: a body of that size would never be let in",
    }));
}

function timesOutOfOrder({ registry, health }: Config): Finding[] {
  const findings: Finding[] = [];
  const { pollInterval } = registry.gateway;
  if (registry.maxStale < pollInterval) {
    const message = `shorter than registry.gateway.pollInterval (${formatDuration(pollInterval)}): every caller would be refused between two reads`;
    findings.push({ path: ["registry", "maxStale"], message });
  }
  if (health.maxEjection < health.ejection) {
    const message = `shorter than health.ejection (${formatDuration(health.ejection)})`;
    findings.push({ path: ["health", "maxEjection"], message });
  }
  return findings;
}
