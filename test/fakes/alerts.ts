// What alerts are made of, for tests: conditions, a shelf in memory, a target that does as it is told.

import type { Shelf, Told } from "../../src/alerts/shelf.ts";
import type { Target } from "../../src/alerts/targets/target.ts";
import type { Condition, Notice } from "../../src/core/alert.ts";

export function condition(id: string, change: Partial<Condition> = {}): Condition {
  return { id, title: `${id} is well`, severity: "critical", message: "it is not", hint: "mend it", ...change };
}

export function notice(...ids: string[]): Notice {
  const alerts = ids.map((id) => ({ ...condition(id), state: "firing" as const, since: 0 }));
  return { at: 0, alerts };
}

export class MemoryShelf implements Shelf {
  readonly kept = new Map<string, Told>();
  all = () => [...this.kept.values()];
  keep(told: Told): void {
    this.kept.set(told.condition.id, told);
  }
  remove(id: string): void {
    this.kept.delete(id);
  }
}

/** Answers with what `answer` says, and keeps what it took. */
export function scriptedTarget(answer: () => Promise<number>): Target & { readonly taken: string[] } {
  const taken: string[] = [];
  return {
    name: "webhook hooks.example",
    taken,
    async send({ alerts }) {
      const status = await answer();
      taken.push(alerts.map(({ id }) => id).join("+"));
      return status;
    },
  };
}
