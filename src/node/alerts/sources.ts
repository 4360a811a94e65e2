// Where a node's alerts look, and how often.
import { type Check, checksOn } from "../../core/check.ts";
import type { Clock } from "../../core/clock.ts";
import type { NodeStatus } from "../../core/status.ts";
import type { Inference } from "../../inference/service.ts";
import { checksFromOutside } from "../checks/index.ts";
import { APPLIED } from "../checks/running.ts";
import { SEEN_CHECKS, type SeenLook } from "../checks/seen.ts";
import { openSurroundings } from "../checks/surroundings.ts";
import type { Source } from "./watch.ts";

export interface SourcesPorts {
  readonly home: string;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly inference: Pick<Inference, "checks">;
  readonly networks: () => readonly { checks(): readonly Check[] }[];
  readonly seen: SeenLook;
  readonly status: () => NodeStatus;
  readonly clock: Clock;
}

const OFTEN_MS = 0;
/** Networks ask their own coordinators and chains. */
const NETWORKS_MS = 5 * 60_000;
/** Chain, DNS, the public URL, disk: they change slowly, and RPCs are counted. */
const OUTSIDE_MS = 10 * 60_000;

/** Of the doctor's checks from outside: what the node knows of itself already. */
const KNOWN_HERE: readonly string[] = ["node.ready", "registry.fresh"];
/** That the node runs is what the dead-man ping says; who edits a file knows that it differs. */
const POINTLESS: readonly string[] = ["node.running", "node.version", APPLIED];

/** The prompt from end to end is not among them: it costs work, and a row in the ledger. Nor is what leaves a trace in a model server. */
export function alertSources(ports: SourcesPorts): readonly Source[] {
  const { home, version, env, clock } = ports;
  const outside = () =>
    checksFromOutside(openSurroundings({ home, version, env, clock, status: async () => ports.status() }));
  return [
    { everyMs: OFTEN_MS, checks: () => ports.inference.checks().filter(({ leavesTrace }) => !leavesTrace) },
    { everyMs: OFTEN_MS, checks: () => checksOn(SEEN_CHECKS, ports.seen) },
    { everyMs: OFTEN_MS, checks: () => outside().filter(({ id }) => KNOWN_HERE.includes(id)) },
    { everyMs: NETWORKS_MS, checks: () => ports.networks().flatMap((network) => network.checks()) },
    {
      everyMs: OUTSIDE_MS,
      checks: () => outside().filter(({ id }) => !KNOWN_HERE.includes(id) && !POINTLESS.includes(id)),
    },
  ];
}
