// fxn alerts export: the alert rules for Prometheus, as this version of fxn has them.
import { Command, Option, UsageError } from "clipanion";
import { ALERT_FORMATS, alertsYaml } from "../../src/observe/alerts/prometheus.ts";
import { ExportCommand } from "../export-command.ts";
import type { ValuesOf } from "../manual/values.ts";

export class AlertsExportCommand extends ExportCommand {
  static override values: ValuesOf = { ...ExportCommand.values, "--format": ALERT_FORMATS };

  static override paths = [["alerts", "export"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "print the alert rules for Prometheus",
    details: `
      Rules for the metrics of this version, to be named in Prometheus' rule_files. Each says what happened, and names the
      check of fxn doctor that explains it. FxnDown needs the word fxn in the name of the scrape job.
      --format kubernetes gives the same as a PrometheusRule of the Prometheus operator.
    `,
    examples: [
      ["For Prometheus", "fxn alerts export --output /etc/prometheus/fxn.rules.yaml"],
      ["After an update", "fxn alerts export --output /etc/prometheus/fxn.rules.yaml --force"],
      ["For the Prometheus operator", "fxn alerts export --format kubernetes | kubectl apply -f -"],
    ],
  });

  format = Option.String("--format", "prometheus", { description: ALERT_FORMATS.join(" or ") });

  protected text(): string {
    const format = ALERT_FORMATS.find((name) => name === this.format);
    if (!format) throw new UsageError(`--format: "${this.format}" is none of ${ALERT_FORMATS.join(", ")}`);
    return alertsYaml(format);
  }
}
