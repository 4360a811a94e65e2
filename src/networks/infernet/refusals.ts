// What a control plane says when it has refused a request for good; the same status from a proxy in between says nothing.

/** By status, how its own words begin. "nonce already used" is none: the request may have been there before. */
const REFUSALS: Readonly<Record<number, readonly string[]>> = {
  400: [
    "role must be one of",
    "node_id is required",
    "invalid JSON body",
    "events must be a non-empty array",
    "too many events",
    "invalid event_type",
    "coin, network, and address are required",
    "status must be",
  ],
  401: [
    "missing X-Infernet-Auth header",
    "invalid X-Infernet-Auth envelope",
    "unsupported envelope version",
    "envelope ",
    "timestamp outside replay window",
    "signature verification failed",
    "missing or invalid bearer token",
  ],
  403: [
    "node_id is registered to a different pubkey",
    "job not assigned to this provider",
    "command does not target this pubkey",
  ],
  404: ["no row for this pubkey", "no provider row for this pubkey", "job not found", "command not found"],
  409: ["this pubkey/role is already linked"],
};

export function isRefusal(status: number, why: string): boolean {
  return REFUSALS[status]?.some((words) => why.startsWith(words)) ?? false;
}
