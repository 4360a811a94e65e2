// The ICL's certificate: how it is had, and what is kept of it over a restart.
import { z } from "zod";
import type { NetworkState } from "../../core/network-state.ts";
import type { AttestationBackend } from "./attestation-backends.ts";
import type { Icl } from "./icl.ts";
import { getChallenge, verifyAttestation } from "./icl-routes.ts";

const certificate = z.object({
  hash: z.string(),
  /** Wall clock, milliseconds. */
  expires: z.number(),
  tier: z.number(),
});
export type Certificate = z.output<typeof certificate>;

const KIND = "certificate";
const KEY = "latest";

export interface AttestedAs {
  /** What can be run; never none: a node that names none counts as one that runs every model. */
  readonly models: readonly string[];
  /** The highest that is claimed. */
  readonly tier: number;
}

/** @throws IclError, BlindferenceError blindference_attestation */
export async function attest(
  icl: Icl,
  backend: AttestationBackend,
  { models, tier }: AttestedAs,
  signal?: AbortSignal,
): Promise<Certificate> {
  const { challengeId, nonce } = await getChallenge(icl, signal);
  const { quote, runtimeHash } = await backend.quote(Buffer.from((nonce ?? "").replace(/^0x/i, ""), "hex"));
  const attestation = { backendType: backend.type, quote, runtimeHash, challengeId, supportedModelIds: models };
  const given = await verifyAttestation(icl, attestation, signal);
  return { hash: given.certHash, expires: given.expiry * 1000, tier: Math.min(tier, given.tier) };
}

export function keepCertificate(state: NetworkState, kept: Certificate): void {
  state.set(KIND, KEY, JSON.stringify(kept));
}

export function certificateIn(state: NetworkState): Certificate | undefined {
  const item = state.get(KIND, KEY);
  return item && certificate.safeParse(JSON.parse(item.value)).data;
}
