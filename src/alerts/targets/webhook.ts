// A webhook in the form of Prometheus' Alertmanager (version 4), which many receivers know, signed where a secret is shared.
import { createHmac } from "node:crypto";
import type { Config } from "../../config/schema.ts";
import type { Alert, Notice } from "../../core/alert.ts";
import { type CheckText, explainCommand } from "../../core/check.ts";
import { headersOf } from "../../lib/header-pairs.ts";
import { LIMITS, type Target, type TargetPorts, taken } from "./target.ts";

export type WebhookSettings = Config["alerts"]["webhooks"][number];

/** Alertmanager's word for "not over yet". */
const NOT_ENDED = "0001-01-01T00:00:00Z";

export function webhook({ url, headers, secret }: WebhookSettings, ports: TargetPorts): Target {
  const name = `webhook ${new URL(url).host}`;
  return {
    name,
    async send(notice, signal) {
      const body = JSON.stringify(webhookBody(notice, ports));
      const time = String(Math.floor(ports.now() / 1000));
      const reply = await ports.fetch(url, {
        method: "POST",
        headers: {
          ...(headers && headersOf(headers.reveal())),
          "content-type": "application/json",
          "user-agent": `fxn/${ports.version}`,
          ...(secret && { "x-fxn-timestamp": time, "x-fxn-signature": signature(secret.reveal(), time, body) }),
        },
        body,
        signal,
        ...LIMITS,
      });
      return taken(name, reply);
    },
  };
}

/** Over the time too: a message that somebody keeps is no proof for another day. */
function signature(secret: string, time: string, body: string): string {
  return `sha256=${createHmac("sha256", secret).update(`${time}.${body}`).digest("hex")}`;
}

export function webhookBody(
  { at, alerts }: Notice,
  { node, version, explain }: Pick<TargetPorts, "node" | "version" | "explain">,
) {
  const status = alerts.some(({ state }) => state === "firing") ? "firing" : "resolved";
  return {
    schema: 1,
    version: "4",
    groupKey: `fxn:${node}`,
    truncatedAlerts: 0,
    status,
    receiver: "fxn",
    groupLabels: { instance: node },
    commonLabels: { instance: node },
    commonAnnotations: {},
    externalURL: "",
    fxnVersion: version,
    alerts: alerts.map((alert) => wireAlert(alert, at, node, explain(alert.id))),
  };
}

function wireAlert(alert: Alert, at: number, node: string, text: CheckText | undefined) {
  const { id, state, severity, title, message, hint, link, since } = alert;
  return {
    status: state,
    labels: { alertname: id, check: id, severity, instance: node },
    annotations: {
      ...{ summary: title, description: message, hint },
      ...(text && { looks_at: text.looksAt, mend: text.mend }),
      ...(text?.income !== undefined && { income: text.income }),
      runbook: explainCommand(id),
      ...(link !== undefined && { runbook_url: link }),
    },
    startsAt: new Date(since).toISOString(),
    endsAt: state === "resolved" ? new Date(at).toISOString() : NOT_ENDED,
    generatorURL: "",
    fingerprint: new Bun.CryptoHasher("sha256").update(`${node}\n${id}`).digest("hex").slice(0, 16),
  };
}
