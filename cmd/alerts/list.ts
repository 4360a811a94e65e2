// fxn alerts list: what the running node has told, or would tell, and who does not take it.
import { Command, Option } from "clipanion";
import { explainCommand } from "../../src/core/check.ts";
import { formatDuration } from "../../src/core/duration.ts";
import type { AlertsStatus } from "../../src/core/status.ts";
import { askControl } from "../../src/lib/control-socket.ts";
import { EXIT, FxnCommand } from "../base.ts";
import { nodeStatus } from "../node-status.ts";

export class AlertsListCommand extends FxnCommand {
  static override paths = [["alerts", "list"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "show which alerts fire, since when, and who is told",
    details: `
      Asks the node that runs on this home. Exit code 0 when nothing fires, 1 when something does or no node runs.
    `,
    examples: [
      ["For a person", "fxn alerts list"],
      ["For a script", "fxn alerts list --json"],
    ],
  });

  json = Option.Boolean("--json", false, { description: "For a machine" });

  protected async run(): Promise<number> {
    const home = this.homeDir();
    const answer = await askControl(home, "GET", "/status");
    if (!answer) {
      if (this.json) this.printJson({ schema: 1, running: false, home });
      else this.print(`No node runs on ${home}. Start it with: fxn start`);
      return EXIT.failed;
    }
    const { alerts } = nodeStatus.parse(answer.json);
    if (this.json) this.printJson({ schema: 1, running: true, configured: alerts !== null, ...alerts });
    else
      this.print(
        alerts
          ? words(alerts, Date.now())
          : "Nobody is told: set alerts.webhooks, alerts.ntfy, alerts.telegram or alerts.deadMan.",
      );
    return alerts && alerts.firing.length > 0 ? EXIT.failed : EXIT.ok;
  }
}

function words({ firing, targets }: AlertsStatus, now: number): string {
  const lines = firing.flatMap(({ id, severity, since, message, hint, link }) => [
    `${severity.padEnd(8)}  ${id}  for ${formatDuration(Math.max(0, Math.round((now - since) / 1000)) * 1000)}`,
    `          ${message}`,
    ...[hint, `What it looks at: ${explainCommand(id)}`, link].filter(Boolean).map((more) => `          ${more}`),
  ]);
  const told = targets.map(({ name, lastError, waiting }) =>
    lastError === null
      ? `told      ${name}`
      : `NOT TOLD  ${name}: ${lastError}; ${waiting} waiting. Try it: fxn alerts test`,
  );
  return [...(lines.length > 0 ? lines : ["Nothing fires."]), "", ...told].join("\n");
}
