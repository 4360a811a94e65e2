// THE ALERT TABLE: what an operator wants to be woken for, when, and where to look; each rule a Prometheus expression.
import { TOLERATED_MS } from "../../lib/clock-skew.ts";
import { CERTIFICATE, DISK, FIRST_TOKEN, QUEUE_SHARE, REFUSALS, REFUSED, WORKERS } from "./limits.ts";

export interface AlertRule {
  readonly name: string;
  /** PromQL. A series that is absent fires nothing: what is not known is not wrong. */
  readonly expr: string;
  /** How long it has to be so; default: no time at all. */
  readonly for?: string;
  readonly severity: "critical" | "warning" | "info";
  /** One line; Prometheus puts labels and value in. */
  readonly summary: string;
  readonly description: string;
  /** Id of the doctor's check that explains it, and by which alerts without a monitoring system tell the same. */
  readonly check: string;
}

const BY_NODE = "instance, job";

/** More than noise, and five times what was usual the day before. */
function jump(reasons: readonly string[]): string {
  const series = `fxn_auth_rejected_total{reason=~"${reasons.join("|")}"}`;
  const rate = (over: string) => `sum by (${BY_NODE}) (rate(${series}${over}))`;
  return `${rate("[10m]")} > ${REFUSED.perSecond} unless ${rate("[10m]")} <= ${REFUSED.timesUsual} * ${rate("[1d] offset 10m")}`;
}

/** How often in a time. A counter is absent until it counts, so `increase` alone misses the first of all. */
function times(series: string, by: string, window: string): string {
  return `sum by (${by}) ((${series} unless ${series} offset ${window}) or increase(${series}[${window}]))`;
}

export const ALERT_RULES: readonly AlertRule[] = [
  {
    name: "FxnDown",
    expr: `up{job=~".*fxn.*"} == 0`,
    for: "2m",
    severity: "critical",
    summary: "fxn on {{ $labels.instance }} does not answer",
    description: "Look whether it runs, and at the end of its log.",
    check: "node.running",
  },
  {
    name: "FxnNotReady",
    expr: "fxn_ready == 0",
    for: "2m",
    severity: "critical",
    summary: "fxn on {{ $labels.instance }} serves nobody",
    description: "fxn status says why, fxn why what to do first.",
    check: "node.ready",
  },
  {
    name: "FxnNotRegistered",
    expr: "fxn_provider_registered == 0 or (fxn_provider_active == 0 unless fxn_provider_paused == 1)",
    for: "15m",
    severity: "warning",
    summary: "the network does not know {{ $labels.instance }} as a provider",
    description: "Gateways send work to active providers alone. fxn provider status shows what the contract has.",
    check: "provider.registered",
  },
  {
    name: "FxnPaused",
    expr: "fxn_provider_paused == 1",
    for: "15m",
    severity: "warning",
    summary: "{{ $labels.instance }} is paused: no work comes",
    description: "Somebody paused it, or the network did. fxn provider unpause, when it was you.",
    check: "provider.paused",
  },
  {
    name: "FxnRegistryOld",
    expr: "fxn_registry_age_seconds > 3 * fxn_registry_poll_interval_seconds",
    for: "1m",
    severity: "warning",
    summary: "the registry {{ $labels.registry }} was last read {{ $value | humanizeDuration }} ago",
    description:
      "More than three reads have failed; after registry.maxStale callers are refused. Add an RPC to rpcProvider.",
    check: "registry.fresh",
  },
  {
    name: "FxnModelDown",
    expr: "fxn_model_up == 0",
    for: "2m",
    severity: "critical",
    summary: "no model server of {{ $labels.model }} works",
    description: "Every request for it is answered 502. fxn status shows the last error of each server.",
    check: "backend.answers",
  },
  {
    name: "FxnBackendDown",
    expr: "fxn_backend_up == 0",
    for: "5m",
    severity: "warning",
    summary: "the model server {{ $labels.backend }} is left out",
    description: "Others serve its models, if they have any. fxn status shows its last error.",
    check: "backend.answers",
  },
  {
    name: "FxnReplays",
    expr: jump(REFUSALS.replayed),
    for: "10m",
    severity: "warning",
    summary: "{{ $labels.instance }} refuses many repeated requests",
    description: "Somebody sends what was signed once again: an attack, or a proxy in front that asks twice.",
    check: "callers.replays",
  },
  {
    name: "FxnSignedTimesRefused",
    expr: jump(REFUSALS.time),
    for: "10m",
    severity: "warning",
    summary: "{{ $labels.instance }} refuses many requests for their signed time",
    description: "This machine's clock is wrong, or that of a gateway.",
    check: "callers.times",
  },
  {
    name: "FxnUnknownCallers",
    expr: jump(REFUSALS.unknown),
    for: "10m",
    severity: "warning",
    summary: "{{ $labels.instance }} refuses many callers that it does not know",
    description: "A stranger, or a gateway that the registry does not have, or not yet here.",
    check: "callers.unknown",
  },
  {
    name: "FxnChallengesFail",
    expr: `${times(`fxn_challenge_total{outcome="failed"}`, `${BY_NODE}, type`, "15m")} > 0`,
    severity: "warning",
    summary: "challenges of kind {{ $labels.type }} failed on {{ $labels.instance }}",
    description: "The scheduler judges by them. Try them all, which does not count here: fxn challenge rehearse.",
    check: "challenge.answered",
  },
  {
    name: "FxnFirstTokenSlow",
    expr:
      `histogram_quantile(0.95, sum by (${BY_NODE}, model, le) (rate(fxn_inference_first_token_seconds_bucket[10m]))) > ${FIRST_TOKEN.seconds} ` +
      `and sum by (${BY_NODE}, model) (increase(fxn_inference_first_token_seconds_count[10m])) >= ${FIRST_TOKEN.least}`,
    for: "10m",
    severity: "warning",
    summary: "first tokens of {{ $labels.model }} take {{ $value | humanizeDuration }}",
    description: "Of 100 requests 95 are faster. Compare the wait for a place with the model server's own figures.",
    check: "tokens.first",
  },
  {
    name: "FxnQueueNearLimit",
    expr: `fxn_inference_queue_depth > ${QUEUE_SHARE} * fxn_inference_queue_limit`,
    for: "1m",
    severity: "warning",
    summary: "{{ $value }} requests wait for {{ $labels.model }}",
    description: "Beyond queue.size they are answered 429. Its model servers are slow, or too few.",
    check: "queue.room",
  },
  {
    name: "FxnClockWrong",
    expr: `abs(fxn_clock_skew_seconds) > ${TOLERATED_MS / 1000}`,
    for: "5m",
    severity: "warning",
    summary: "the clock of {{ $labels.instance }} is {{ $value | humanizeDuration }} from that of others",
    description: "Signed times further away than auth.maxClockSkew are refused: turn NTP on.",
    check: "clock.skew",
  },
  {
    name: "FxnDiskLow",
    expr: `fxn_home_free_bytes < ${DISK.little}`,
    for: "5m",
    severity: "critical",
    summary: "{{ $value | humanize1024 }}B are left on the disk of {{ $labels.instance }}'s home",
    description: "An answer counts when its ledger row is on the disk: without room there are none.",
    check: "disk.space",
  },
  {
    name: "FxnDiskFills",
    expr: "predict_linear(fxn_home_free_bytes[6h], 86400) < 0",
    for: "1h",
    severity: "warning",
    summary: "the disk of {{ $labels.instance }}'s home is full in a day, as it goes on",
    description: "Something on that disk grows: the ledger does so slowly, logs and models do not.",
    check: "disk.space",
  },
  {
    name: "FxnKeyExposed",
    expr: "fxn_key_file_exposed == 1",
    severity: "critical",
    summary: "others can read or change the key {{ $labels.key }} on {{ $labels.instance }}",
    description: "The node would not start with it. Close it, and make a new key if it was open for long.",
    check: "key.mode",
  },
  {
    name: "FxnCertificateExpires",
    expr: `fxn_tls_certificate_expiry_timestamp_seconds - time() < ${CERTIFICATE.days} * 86400`,
    for: "1h",
    severity: "critical",
    summary: "the certificate of {{ $labels.instance }} is good for {{ $value | humanizeDuration }} more",
    description: "Then every caller refuses it. Whatever renews it has not: its files are read again when they change.",
    check: "tls.files",
  },
  {
    name: "FxnCertificateRefused",
    expr: "fxn_tls_files_in_use == 0",
    for: "10m",
    severity: "warning",
    summary: "{{ $labels.instance }} cannot use the certificate that its files have now",
    description: "The former one serves until it expires, or the node is started anew. The log says what is wrong.",
    check: "tls.files",
  },
  {
    name: "FxnReloadRefused",
    expr: "fxn_config_last_reload_successful == 0",
    for: "10m",
    severity: "warning",
    summary: "{{ $labels.instance }} runs with another configuration than its files have",
    description:
      "The last reload was refused, with what is wrong in the log; at its next start the node would not begin.",
    check: "config.reload",
  },
  {
    name: "FxnSecurityUpdate",
    expr: `fxn_update_available{security="yes"} == 1`,
    severity: "critical",
    summary: "fxn {{ $labels.version }} mends a hole that {{ $labels.instance }} has",
    description:
      "fxn update puts it in place, without a gap on Linux. SECURITY-FIXES.txt of the release says what it is.",
    check: "node.update",
  },
  {
    name: "FxnUpdateAvailable",
    expr: `fxn_update_available{security="no"} == 1`,
    for: "1d",
    severity: "info",
    summary: "fxn {{ $labels.version }} is there for {{ $labels.instance }}",
    description: "fxn update puts it in place, without a gap on Linux.",
    check: "node.update",
  },
  {
    name: "FxnNetworkDown",
    expr: "fxn_network_up == 0",
    for: "10m",
    severity: "warning",
    summary: "{{ $labels.network }} can give {{ $labels.instance }} no work",
    description: "fxn networks status says why; the other networks go on.",
    check: "{{ $labels.network }}.ready",
  },
  {
    name: "FxnTransactionsFail",
    expr: `${times(`fxn_chain_transactions_total{event="failed"}`, `${BY_NODE}, network`, "1h")} > 0`,
    severity: "warning",
    summary: "transactions of {{ $labels.network }} failed on its chain",
    description: "Each has cost gas. The log has the contract's reason.",
    check: "{{ $labels.network }}.ready",
  },
  {
    name: "FxnStoreDown",
    expr: "fxn_store_up == 0",
    for: "1m",
    severity: "critical",
    summary: "the shared store does not answer {{ $labels.instance }}",
    description: "Callers are refused until it does.",
    check: "node.ready",
  },
  {
    name: "FxnLedgerErrors",
    expr: "increase(fxn_ledger_errors_total[15m]) > 0",
    severity: "critical",
    summary: "ledger rows could not be written on {{ $labels.instance }}",
    description: "Look at the disk of its home, and at its log.",
    check: "disk.space",
  },
  {
    name: "FxnWorkersDie",
    expr: `delta(fxn_workers_replaced[15m]) > ${WORKERS.most}`,
    severity: "warning",
    summary: "workers of {{ $labels.instance }} die and are replaced",
    description: "Its log says of what.",
    check: "node.workers",
  },
];
