// Jobs that this node did, for as long as they may be paid: whoever says what was paid is believed of these only.
import { z } from "zod";
import type { NetworkState } from "../../../core/network-state.ts";

const KIND = "worked";
/** Rewards come minutes after a decision; a service that was away for weeks is still heard. */
const PAID_WITHIN_MS = 60 * 24 * 60 * 60 * 1000;

/** One spelling of an id: services write it with and without its prefix, and hex in either case. */
function spelled(id: string): string {
  return id.toLowerCase().replace(/^0x/, "");
}

const worked = z.object({
  /** As the ICL spells it. */
  id: z.string(),
  model: z.string(),
});
type Worked = z.output<typeof worked>;

export function noteWorked(state: NetworkState, id: string, model: string): void {
  state.set(KIND, spelled(id), JSON.stringify({ id, model }));
}

/** Undefined: this node has not done that job, or long ago. */
export function workedOn(state: NetworkState, id: string): Worked | undefined {
  const item = state.get(KIND, spelled(id));
  return item && worked.parse(JSON.parse(item.value));
}

export function forgetWorked(state: NetworkState, now: number): void {
  state.forget(KIND, now - PAID_WITHIN_MS);
}
