// What a node says of itself when it attests: a table of kinds. Only the mock has a wire format; it proves nothing, and says so.
import { createHash, createHmac } from "node:crypto";
import { BlindferenceError } from "./errors.ts";

export interface Quote {
  /** Hex without 0x. */
  readonly quote: string;
  readonly runtimeHash: string;
}

export interface AttestationBackend {
  /** On the wire. */
  readonly type: string;
  /** What `status` says of it. */
  readonly claim: string;
  /** @param nonce of the challenge @throws BlindferenceError blindference_attestation: there is no such quote here */
  quote(nonce: Uint8Array): Promise<Quote>;
}

/** The network's constants, the same for every node: whoever knows them can quote anything. */
const MOCK_KEY = "weloveblindference";
const MOCK_RUNTIME = "blindference-node-v0.1.0-mock";

const mock: AttestationBackend = {
  type: "mock",
  claim: "tier 0, a mock: it proves nothing about this machine",
  quote: async (nonce) => ({
    quote: createHmac("sha256", MOCK_KEY).update(nonce).digest("hex"),
    runtimeHash: createHash("sha256").update(MOCK_RUNTIME).digest("hex"),
  }),
};

/** The network has no format for these quotes yet; a mock under their name would be a lie. */
function refusing(type: string, what: string): AttestationBackend {
  return {
    type,
    claim: `${what}: not to be had yet`,
    quote: async () => {
      throw new BlindferenceError("blindference_attestation", `Blindference has no format for quotes of ${what} yet`, {
        hint: 'Set networks.blindference.attestation to "mock".',
      });
    },
  };
}

export const ATTESTATION_KINDS = ["mock", "tpm", "tee"] as const;

export const ATTESTATION_BACKENDS: Readonly<Record<(typeof ATTESTATION_KINDS)[number], AttestationBackend>> = {
  mock,
  tpm: refusing("tpm", "a TPM"),
  tee: refusing("tee", "an enclave"),
};
