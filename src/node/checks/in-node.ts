// What only the running node can ask: its model servers, a prompt through all of it, what it has seen, each network that is on.
import { z } from "zod";
import { type Check, checksOn, type Finding } from "../../core/check.ts";
import type { Clock } from "../../core/clock.ts";
import type { Inference } from "../../inference/service.ts";
import { askControl } from "../../lib/control-socket.ts";
import type { OwnNetwork } from "../own-network.ts";
import { RehearsalListener, type RehearsalPorts } from "../rehearsal-listener.ts";
import { PROMPT_CHECKS } from "./prompt.ts";
import { LIMIT_MS, runChecks } from "./run.ts";
import { SEEN_CHECKS, type SeenLook } from "./seen.ts";

export interface InNodePorts {
  readonly inference: Inference;
  readonly networks: readonly OwnNetwork[];
  /** Of the routes for a signed caller; undefined: no network that is on has any. */
  readonly rehearsal: RehearsalPorts | undefined;
  readonly seen: SeenLook;
  readonly clock: Clock;
}

export function runInNode({ inference, networks, rehearsal, seen, clock }: InNodePorts, signal: AbortSignal) {
  const prompt = checksOn(PROMPT_CHECKS, {
    listener: rehearsal && (() => new RehearsalListener(rehearsal)),
    health: () => inference.health(),
    routesOf: (model) => inference.models().find(({ id }) => id === model)?.routes ?? [],
  });
  const checks: readonly Check[] = [
    ...inference.checks(),
    ...prompt,
    ...checksOn(SEEN_CHECKS, seen),
    ...networks.flatMap((network) => network.checks()),
  ];
  return runChecks(checks, clock, signal);
}

const findings: z.ZodType<readonly Finding[]> = z.array(
  z.object({
    id: z.string(),
    title: z.string(),
    state: z.enum(["ok", "warn", "fail", "skip"]),
    message: z.string(),
    hint: z.string().exactOptional(),
  }),
);

/** Checks that wait for each other have a limit each. */
const PATIENCE_MS = 3 * LIMIT_MS;

/** What the node that runs on this home finds; undefined: none does. */
export async function askNode(home: string): Promise<readonly Finding[] | undefined> {
  const answer = await askControl(home, "POST", "/checks", PATIENCE_MS);
  return answer && findings.parse(answer.json);
}
