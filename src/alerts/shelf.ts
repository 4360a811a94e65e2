// What was told and still fires, or is over and not known to everybody yet, in the home: so that a restart tells it neither twice nor never.
import { z } from "zod";
import type { Alert, Condition } from "../core/alert.ts";
import type { NetworkState } from "../core/network-state.ts";

export interface Told {
  readonly condition: Condition;
  /** Wall clock, milliseconds. */
  readonly since: number;
  readonly toldAt: number;
  readonly event: boolean;
  /** What was told last. */
  readonly state: Alert["state"];
  /** Names of the targets that do not have it yet. */
  readonly owed: readonly string[];
}

export interface Shelf {
  all(): readonly Told[];
  keep(told: Told): void;
  remove(id: string): void;
}

const KIND = "firing";

const told: z.ZodType<Told> = z.object({
  condition: z.object({
    id: z.string(),
    title: z.string(),
    severity: z.enum(["warning", "critical"]),
    message: z.string(),
    hint: z.string(),
  }),
  since: z.number(),
  toldAt: z.number(),
  event: z.boolean(),
  // Earlier versions wrote neither: then it fires, and nobody is known who does not have it.
  state: z.enum(["firing", "resolved"]).default("firing"),
  owed: z.array(z.string()).default([]),
});

/** @param state what is written of nothing else @param failed a home that cannot be written costs at most a message too many */
export function openShelf(state: NetworkState, failed: (error: unknown) => void): Shelf {
  const trying = <T>(fallback: T, act: () => T): T => {
    try {
      return act();
    } catch (error) {
      failed(error);
      return fallback;
    }
  };
  return {
    all: () =>
      trying([], () =>
        state.all(KIND).flatMap(({ value }) => {
          const parsed = told.safeParse(JSON.parse(value));
          return parsed.success ? [parsed.data] : [];
        }),
      ),
    keep: (one) => trying(undefined, () => state.set(KIND, one.condition.id, JSON.stringify(one))),
    remove: (id) => trying(undefined, () => state.remove(KIND, id)),
  };
}
