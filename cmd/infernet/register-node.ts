// Registers a node that does not run, as the running one would, and says how it stands then.
import { systemClock } from "../../src/core/clock.ts";
import { askSources } from "../../src/gpu/facts/ask.ts";
import { localMachine } from "../../src/gpu/facts/local-machine.ts";
import { mergeCards } from "../../src/gpu/facts/merge.ts";
import { clean } from "../../src/lib/clean.ts";
import { registerRow } from "../../src/networks/infernet/register-row.ts";
import { me, type NodeRow } from "../../src/networks/infernet/routes.ts";
import { hardware } from "../../src/networks/infernet/specs.ts";
import type { InfernetHome } from "./infernet-command.ts";
import { infernetRuns } from "./running.ts";

export async function registerNode(home: string, { plane, settings }: InfernetHome): Promise<string[]> {
  // A second registration would take back what the running node has told.
  if (await infernetRuns(home)) {
    const row = await me(plane);
    const how = "The node of this home is in Infernet and registers itself; new settings count after: fxn restart";
    return [how, ...(row ? lines(row) : ["It is not registered yet; see fxn networks status."])];
  }
  const gpus = mergeCards((await askSources(localMachine(systemClock))).map((report) => report.gpus));
  await registerRow(plane, settings, { ...hardware(gpus), offline: true });
  const row = await me(plane);
  return row ? lines(row) : ["The control plane has no row for this key."];
}

function lines(row: NodeRow): string[] {
  const where = row.address ? `${row.address}:${row.port ?? ""}` : "nothing";
  return [
    `id         ${clean(row.id)}`,
    `node id    ${clean(row.node_id ?? "-")}`,
    `name       ${clean(row.name ?? "-")}`,
    `status     ${clean(row.status ?? "-")}`,
    `published  ${clean(where)}`,
  ];
}
