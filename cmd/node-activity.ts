// What the running node has done lately, as commands read it.
import { z } from "zod";
import type { Activity, EarningsLine } from "../src/core/activity.ts";
import { FxnError } from "../src/core/errors.ts";
import { askControl } from "../src/lib/control-socket.ts";
import { nodeStatus } from "./node-status.ts";

export class ActivityError extends FxnError<"node_too_old" | "activity_failed"> {}

/** fxn ledger and fxn earnings read the rest themselves, also where no node runs. */
export type SeenActivity = Omit<Activity, "ledger" | "ledgerShared" | "earnings"> & {
  readonly earnings: readonly Omit<EarningsLine, "days">[];
};

const figure = z.number().optional();
const amount = z.string().regex(/^\d{1,78}$/);

/** What a node says; a newer one may say more. */
const nodeActivity: z.ZodType<SeenActivity> = z.object({
  schema: z.literal(1),
  now: z.number(),
  status: nodeStatus,
  samples: z.array(
    z.object({
      at: z.number(),
      answers: z.record(z.string(), z.number()),
      promptTokens: z.number(),
      completionTokens: z.number(),
      firstToken: z.object({ p50: z.number(), p95: z.number() }).nullable(),
      inFlight: z.number(),
      streams: z.number().nullable().default(null),
      waiting: z.number(),
      gpus: z.array(z.object({ utilizationPct: z.number().nullable(), vramUsedMb: z.number().nullable() })),
    }),
  ),
  everyMs: z.number(),
  gpus: z.array(
    z.object({
      name: z.string(),
      vendor: z.enum(["nvidia", "amd", "apple", "intel"]),
      vramTotalMb: figure,
      vramUsedMb: figure,
      utilizationGpuPct: figure,
      temperatureC: figure,
      powerW: figure,
      powerLimitW: figure,
    }),
  ),
  challenges: z.array(
    z.object({
      at: z.number(),
      type: z.string(),
      outcome: z.enum(["ok", "refused", "failed"]),
      // A node of an older version does not say it.
      source: z.enum(["scheduler", "rehearsal"]).default("scheduler"),
      durationMs: z.number(),
      error: z.string().nullable(),
    }),
  ),
  earnings: z.array(
    z.object({
      network: z.string(),
      asset: z.string(),
      kind: z.enum(["reward", "gas"]),
      today: amount,
      thirtyDays: amount,
    }),
  ),
});

const refusal = z.object({ error: z.object({ message: z.string() }) });

/** undefined: no node runs on this home. Throws ActivityError, ControlError, or that it does not answer. */
export async function askActivity(home: string): Promise<SeenActivity | undefined> {
  const answer = await askControl(home, "GET", "/activity");
  if (answer?.status === 404) {
    throw new ActivityError("node_too_old", 409, "the node on this home is of an older fxn, which does not tell this", {
      hint: "Let it run as this one: fxn restart",
    });
  }
  if (!answer) return undefined;
  if (answer.status === 200) return nodeActivity.parse(answer.json);
  const said = refusal.safeParse(answer.json);
  const why = said.success ? said.data.error.message : `it answered ${answer.status}`;
  throw new ActivityError("activity_failed", 500, `the node cannot say what it does: ${why}`, {
    hint: "Its log says more.",
  });
}
