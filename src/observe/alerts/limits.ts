// From where on something is told: the same for Prometheus' rules and for the node's own checks.

/** Requests that verification refuses: more than noise, and several times what was usual the day before. knownMs: of less, the node knows of nothing usual. */
export const REFUSED = { perSecond: 0.1, timesUsual: 5, windowMs: 10 * 60_000, knownMs: 60 * 60_000 };
/** least: of fewer, one slow stream is more than the five of a hundred that may be slow. */
export const FIRST_TOKEN = { seconds: 10, windowMs: 10 * 60_000, least: 20 };
/** Of the places in a model's queue. */
export const QUEUE_SHARE = 0.8;
/** Of a certificate that is not renewed. */
export const CERTIFICATE = { days: 14 };
/** On the disk of the home, bytes: the second is the ledger of a busy day, and the journal beside it. */
export const DISK = { little: 1e9, tooLittle: 100e6 };
/** That have died and were replaced. */
export const WORKERS = { most: 2, windowMs: 15 * 60_000 };

/** Why they are refused, as `fxn_auth_rejected_total` has it. */
export const REFUSALS = {
  replayed: ["nonce_replayed"],
  time: ["timestamp_too_old", "timestamp_in_future"],
  unknown: ["caller_not_authorized"],
};
