// The alert table in the forms that others read: a rule file of Prometheus, and the same as an object of Kubernetes.
import { stringify } from "yaml";
import { ALERT_RULES, type AlertRule } from "./rules.ts";

export const ALERT_FORMATS = ["prometheus", "kubernetes"] as const;
export type AlertFormat = (typeof ALERT_FORMATS)[number];

const HEAD =
  "# What an operator wants to be woken for. Made by fxn alerts export; the same for every fxn of this version.\n";

export function alertsYaml(format: AlertFormat): string {
  const rules = { groups: [{ name: "fxn", rules: ALERT_RULES.map(entry) }] };
  const object = {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: { name: "fxn" },
    spec: rules,
  };
  return HEAD + stringify(format === "kubernetes" ? object : rules, { lineWidth: 0 });
}

function entry({ name, expr, for: time, severity, summary, description, check }: AlertRule) {
  return {
    alert: name,
    expr,
    ...(time === undefined ? {} : { for: time }),
    labels: { severity },
    annotations: {
      summary,
      description,
      runbook: `fxn doctor --explain ${check}`,
    },
  };
}

/** For people: what each one means, and which check explains it. */
export function alertsMarkdown(): string {
  const rows = ALERT_RULES.map(({ name, severity, for: time = "at once", description, check }) => {
    const explains = `\`${check.replace(/\{\{ \$labels\.(\w+) \}\}/g, "<$1>")}\``;
    return `| ${name} | ${severity} | ${time} | ${description} | ${explains} |`;
  });
  return [
    "",
    "| Alert | Severity | After | What it means | Check |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
