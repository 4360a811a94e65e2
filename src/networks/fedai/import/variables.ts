// THE TABLE of the reference's variables: which setting each one is here, or why it has none.
import { JOB_TYPES } from "../payloads.ts";
import {
  asBoolean,
  asInteger,
  asKey,
  asListOf,
  asMilliseconds,
  asNumber,
  asOneOf,
  asRelay,
  asText,
  asTrust,
  asUrl,
  type Read,
} from "./values.ts";

export interface Carried {
  /** Under networks.fedai: "limits.tokens". */
  readonly setting: string;
  readonly read: Read;
}

export const VARIABLES: Readonly<Record<string, Carried>> = {
  NODE_ID: { setting: "nodeId", read: asText },
  NODE_ENDPOINT: { setting: "endpoint", read: asUrl },
  NODE_ROUTER_ALLOWLIST: { setting: "access.allow", read: asListOf(asKey) },
  NODE_ROUTER_FOLLOW: { setting: "access.follow", read: asListOf(asKey) },
  NODE_ROUTER_MUTE: { setting: "access.mute", read: asListOf(asKey) },
  NODE_ROUTER_BLOCK: { setting: "access.block", read: asListOf(asKey) },
  NODE_HEARTBEAT_MS: { setting: "heartbeat.interval", read: asMilliseconds },
  NODE_CAPACITY_MAX: { setting: "capacity.max", read: asInteger },
  NODE_CAPACITY_LOAD: { setting: "capacity.load", read: asInteger },
  NODE_RUNNER_TIMEOUT_MS: { setting: "limits.firstWord", read: asMilliseconds },
  NODE_MAX_RUNTIME_MS: { setting: "limits.runtime", read: asMilliseconds },
  NODE_MAX_PROMPT_BYTES: { setting: "limits.promptBytes", read: asInteger },
  NODE_MAX_TOKENS: { setting: "limits.tokens", read: asInteger },
  NODE_MAX_REQUEST_BYTES: { setting: "limits.requestBytes", read: asInteger },
  NODE_JOB_TYPES: { setting: "jobTypes", read: asListOf(asOneOf(JOB_TYPES)) },
  NODE_LATENCY_ESTIMATE_MS: { setting: "latencyEstimate", read: asMilliseconds },
  NODE_PRICE_INPUT_SATS: { setting: "prices.input", read: asInteger },
  NODE_PRICE_OUTPUT_SATS: { setting: "prices.output", read: asInteger },
  NODE_PRICE_UNIT: { setting: "prices.unit", read: asOneOf(["token", "second"]) },
  NODE_REQUIRE_PAYMENT: { setting: "payments.required", read: asBoolean },
  NODE_LN_VERIFY_URL: { setting: "payments.verify.url", read: asUrl },
  NODE_LN_VERIFY_TIMEOUT_MS: { setting: "payments.verify.timeout", read: asMilliseconds },
  NODE_LN_VERIFY_RETRY_MAX_ATTEMPTS: { setting: "payments.verify.attempts", read: asInteger },
  NODE_LN_VERIFY_RETRY_MIN_DELAY_MS: { setting: "payments.verify.minDelay", read: asMilliseconds },
  NODE_LN_VERIFY_RETRY_MAX_DELAY_MS: { setting: "payments.verify.maxDelay", read: asMilliseconds },
  NODE_LN_REQUIRE_PREIMAGE: { setting: "payments.requirePreimage", read: asBoolean },
  NODE_ROUTER_FEE_MAX_BPS: { setting: "payments.feeMaxBps", read: asInteger },
  NODE_ROUTER_FEE_MAX_SATS: { setting: "payments.feeMaxSats", read: asInteger },
  NODE_RATE_LIMIT_MAX: { setting: "rateLimit.requests", read: asInteger },
  NODE_RATE_LIMIT_WINDOW_MS: { setting: "rateLimit.window", read: asMilliseconds },
  NODE_OFFLOAD_ROUTER: { setting: "offload.router", read: asBoolean },
  NODE_OFFLOAD_AUCTION: { setting: "offload.auction", read: asBoolean },
  NODE_OFFLOAD_AUCTION_MS: { setting: "offload.auctionWindow", read: asMilliseconds },
  NODE_OFFLOAD_AUCTION_ALLOWLIST: { setting: "offload.auctionAllow", read: asListOf(asKey) },
  NODE_OFFLOAD_AUCTION_RATE_LIMIT: { setting: "offload.auctionRate", read: asInteger },
  NODE_NONCE_STORE_PATH: { setting: "nonces.file", read: asText },
  NODE_NONCE_STORE_URL: { setting: "nonces.url", read: asText },
  NODE_TLS_CERT_PATH: { setting: "tls.certFile", read: asText },
  NODE_TLS_KEY_PATH: { setting: "tls.keyFile", read: asText },
  NODE_SANDBOX_MODE: { setting: "sandbox.mode", read: asOneOf(["disabled", "restricted"]) },
  NODE_SANDBOX_ALLOWED_ENDPOINTS: { setting: "sandbox.endpoints", read: asListOf(asUrl) },
  NODE_RELAY_BOOTSTRAP: { setting: "relays.bootstrap", read: asListOf(asRelay) },
  NODE_RELAY_AGGREGATORS: { setting: "relays.directories", read: asListOf(asUrl) },
  NODE_RELAY_TRUST: { setting: "relays.trust", read: asListOf(asTrust) },
  NODE_RELAY_MIN_SCORE: { setting: "relays.minScore", read: asNumber },
  NODE_RELAY_MAX_RESULTS: { setting: "relays.maxResults", read: asInteger },
  OTEL_EXPORTER_OTLP_ENDPOINT: { setting: "tracing.url", read: asUrl },
  NODE_EXPOSE_ERRORS: { setting: "exposeErrors", read: asBoolean },
};

const SHARED = "what fxn serves is one process or one for each core: see server.workers";
const NO_ADMIN = "there is no way to administer fxn over this network: use fxn's own commands";

/** Variables that mean nothing here, and why. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  NODE_WORKER_THREADS_ENABLED: SHARED,
  NODE_WORKER_THREADS_MAX: SHARED,
  NODE_WORKER_THREADS_QUEUE_MAX: SHARED,
  NODE_WORKER_THREADS_TIMEOUT_MS: SHARED,
  NODE_CONFIG_DIR: "config.json and admin-identity.json are not read: what they override belongs into config.yaml",
  NODE_ADMIN_KEY: NO_ADMIN,
  NODE_ADMIN_NPUB: NO_ADMIN,
  NODE_HF_TOKEN: "fxn downloads no models: the model server does",
  NODE_ENV: "fxn has no other mode for tests",
};
