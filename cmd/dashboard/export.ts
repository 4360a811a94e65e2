// fxn dashboard export: the dashboard for Grafana, as this version of fxn has it.
import { Command } from "clipanion";
import { grafanaDashboard } from "../../src/observe/dashboard/grafana.ts";
import { ExportCommand } from "../export-command.ts";

export class DashboardExportCommand extends ExportCommand {
  static override paths = [["dashboard", "export"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "print the dashboard for Grafana",
    details: `
      A dashboard of the metrics of this version, to be imported in Grafana (Dashboards, New, Import) or put into a folder
      that it provisions from. It asks for a Prometheus data source, and shows one node or all of them.
    `,
    examples: [
      ["To a file", "fxn dashboard export --output fxn.json"],
      ["After an update", "fxn dashboard export --output fxn.json --force"],
    ],
  });

  protected text(): string {
    return grafanaDashboard();
  }
}
