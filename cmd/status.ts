// fxn status: ten lines about the running node, each problem with what to do next.
import { Command, Option } from "clipanion";
import { formatDuration } from "../src/core/duration.ts";
import type { NodeStatus } from "../src/core/status.ts";
import { askControl } from "../src/lib/control-socket.ts";
import { EXIT, FxnCommand } from "./base.ts";
import { nodeStatus } from "./node-status.ts";

export class StatusCommand extends FxnCommand {
  static override paths = [["status"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "show how the running node is, and what to do next",
    details: `
      Asks the node that runs on this home. Exit code 0 when it is ready to serve, 1 when it is not or does not run.
      --ready prints nothing: for health checks. --json prints the whole status; its shape has a version.
    `,
    examples: [
      ["For a person", "fxn status"],
      ["For a health check", "fxn status --ready"],
    ],
  });

  json = Option.Boolean("--json", false, { description: "For a machine" });
  ready = Option.Boolean("--ready", false, { description: "Only the exit code" });

  protected async run(): Promise<number> {
    const home = this.homeDir();
    const answer = await askControl(home, "GET", "/status");
    const status = answer ? nodeStatus.parse(answer.json) : undefined;
    if (this.json) this.printJson(status ?? { schema: 1, running: false, home });
    else if (!this.ready) this.print(status ? describe(status) : `No node runs on ${home}. Start it with: fxn start`);
    return status?.ready ? EXIT.ok : EXIT.failed;
  }
}

const BACKEND_WORDS: Readonly<Record<string, string>> = {
  closed: "up",
  open: "DOWN",
  half_open: "being tried again",
  unknown: "not asked yet",
};

export function describe(status: NodeStatus): string {
  const lines = [
    `fxn ${status.version}${status.address === null ? "" : `  ${status.address}`}  up ${formatDuration(status.uptimeSeconds * 1000)}`,
    status.ready ? "ready: requests are served" : "NOT READY",
    ...status.reasons.map((reason) => `  - ${reason}`),
    `listens on   ${status.listen}, for the operator on ${status.admin}`,
    ...(status.workers.length > 1 ? [`workers      ${status.workers.length}: pid ${status.workers.join(", ")}`] : []),
    ...configurationLines(status.configuration),
    `models       ${status.models.join(", ") || "none: see model_backend.yaml"}`,
    ...Object.entries(status.waiting).flatMap(([model, count]) =>
      count > 0 ? [`waiting      ${count} for ${model}`] : [],
    ),
    ...status.backends.map(({ name, kind, state, inFlight, lastError }) => {
      const trouble = state !== "closed" && lastError ? `; last error: ${lastError}` : "";
      return `backend      ${name} (${kind})  ${BACKEND_WORDS[state] ?? state}, ${inFlight} under way${trouble}`;
    }),
    ...Object.entries(status.registries).map(([name, registry]) => {
      const age =
        registry.ageSeconds === null ? "never read" : `read ${formatDuration(registry.ageSeconds * 1000)} ago`;
      const trouble = registry.lastError ? `; last error: ${registry.lastError}` : "";
      return `${name.padEnd(12)} ${registry.entries} entries, ${age}${registry.stale ? ", TOO OLD" : ""}${trouble}`;
    }),
    ...status.engines.map(({ backend, device, api }) => `computes     ${backend} on ${device} (${api})`),
    ...(status.address === null ? [] : [`provider     ${providerWords(status.provider)}`]),
    ...status.networks.map(({ id, ready, reasons, listen }) => {
      const where = listen === null ? "" : `, listens on ${listen}`;
      return `${id.padEnd(12)} ${ready ? "ready" : `NOT READY: ${reasons.join("; ")}`}${where}`;
    }),
  ];
  return lines.join("\n");
}

/** Only what wants something done: the files and what runs differ. */
function configurationLines({ loadedAt, lastError }: NodeStatus["configuration"]): string[] {
  if (lastError === null) return [];
  const [first] = lastError.split("\n");
  return [`config       of ${loadedAt}: the last reload was REFUSED: ${first}; see fxn config check`];
}

function providerWords(provider: NodeStatus["provider"]): string {
  if (!provider) return "not known yet whether this node is registered";
  if (provider.active) return "registered and active";
  if (provider.paused) return "registered, but paused: run fxn provider unpause";
  return provider.registered
    ? "registered, but not active: is enough staked?"
    : "not registered: register this address to get work";
}
