// What was told and still fires, in the home: so that a restart does not tell it again.
import { z } from "zod";
import type { Condition } from "../core/alert.ts";
import type { NetworkState } from "../core/network-state.ts";

export interface Told {
  readonly condition: Condition;
  /** Wall clock, milliseconds. */
  readonly since: number;
  readonly toldAt: number;
  readonly event: boolean;
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
