// The capability manifest: what this node can, in the network's bands, signed. Never a part of one: routers choke on that.

import { signatureOf } from "../envelope.ts";
import { type FedaiNode, modelsOf } from "../fedai-node.ts";
import type { Relay } from "../relays/discover.ts";
import { type Bands, bandsOf, type MachineFacts } from "./bands.ts";

export interface Manifest {
  readonly id: string;
  readonly role_types: readonly string[];
  readonly capability_bands: Bands;
  readonly limits: { max_concurrency: number; max_payload_bytes: number; max_tokens: number };
  readonly supported_formats: readonly string[];
  readonly pricing_defaults: { unit: "token"; input_rate: number; output_rate: number; currency: string };
  /** None is run. */
  readonly benchmarks: null;
  readonly software_version: string;
  readonly relay_discovery: RelaySnapshot | null;
}

interface RelaySnapshot {
  readonly discoveredAtMs: number;
  readonly relays: readonly Relay[];
  readonly options: { minScore: number; maxResults: number };
}

export type SignedManifest = Manifest & {
  readonly signature: { readonly signature: string; readonly keyId: string; readonly signedAtMs: number };
};

/** @param relays as they were found, and when; undefined: none were looked for */
export function manifestOf(
  node: FedaiNode,
  machine: MachineFacts,
  relays: { readonly found: readonly Relay[]; readonly at: number } | undefined,
): Manifest {
  const { settings, ports, nodeId } = node;
  const { minScore, maxResults } = settings.relays;
  return {
    id: nodeId,
    role_types: settings.manifest.roles,
    capability_bands: bandsOf(machine, ports.gpus(), settings.manifest),
    limits: {
      max_concurrency: settings.capacity.max,
      max_payload_bytes: settings.limits.requestBytes,
      max_tokens: Math.max(0, ...modelsOf(node).map(({ maxTokens }) => maxTokens)),
    },
    supported_formats: ["text"],
    pricing_defaults: {
      unit: "token",
      input_rate: settings.prices.input,
      output_rate: settings.prices.output,
      currency: "SAT",
    },
    benchmarks: null,
    software_version: ports.version,
    relay_discovery: relays
      ? { discoveredAtMs: relays.at, relays: relays.found, options: { minScore, maxResults } }
      : null,
  };
}

export function signedManifest({ ports }: FedaiNode, manifest: Manifest): SignedManifest {
  const signature = {
    signature: signatureOf(ports.identity, manifest),
    keyId: ports.identity.npub,
    signedAtMs: ports.clock.now(),
  };
  return { ...manifest, signature };
}
