// What the reference node's settings are called there and here; a file and variables are read by this one table.
import { BlindferenceError } from "./errors.ts";

/** Where each goes that means the same here. */
export const SAME: Readonly<Record<string, string>> = {
  tier: "tier",
  supported_model_ids: "models",
  icl_endpoint: "url",
  payment_service_url: "paymentUrl",
  ipfs_gateway: "ipfs.gateway",
  ipfs_upload_url: "ipfs.uploadUrl",
  blind_token_address: "blindToken",
  cofhe_chain_id: "cofhe.chainId",
  cofhe_threshold_url: "cofhe.thresholdUrl",
};

/** Why each of the others is not kept. */
export const NOT_KEPT: Readonly<Record<string, string>> = {
  node_address: "not kept; the key says it",
  attestation_backend: "not kept; every one of them is the same mock",
  model_cache_dir: "not kept; nothing uses it",
  log_level: "not kept; set log.level",
  zdr_compliant: "not kept; nobody is told",
  network: "not kept; there is one",
  attestation_cert_hash: "not kept; the node attests anew at each start",
  attestation_expiry: "not kept; the node attests anew at each start",
  registered_on_chain: "not kept; the chain says it",
  stake_amount_wei: "not kept; the chain says it",
  skip_output_key_storage: "not kept; an answer that nobody could read is not submitted",
  custom_backends: "not kept; they are Python. Name a model server in model_backend.yaml",
};

/** The payment service's default there, where nobody has one. */
export const NO_PAYMENTS = "http://127.0.0.1:8001";

/** Undefined: nothing is said of it. A word that is none means "bridge" there. */
export function cofheMode(given: string | undefined): { mode: "bridge" | "python" | undefined; known: boolean } {
  const word = given?.trim().toLowerCase();
  if (!word) return { mode: undefined, known: true };
  return word === "python" || word === "bridge" ? { mode: word, known: true } : { mode: "bridge", known: false };
}

/** In mode bridge its endpoint is an RPC of the chain, like the other one. */
export function rpcUrlsOf(...urls: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(urls.filter((url) => url !== undefined && url !== ""))].filter((url) => url !== undefined);
}

export function refused(where: string, why: string): BlindferenceError {
  return new BlindferenceError("blindference_file", `${where}: ${why}`, {
    hint: "Is this Blindference's config.json?",
  });
}
