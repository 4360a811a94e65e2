// A session of Infernet that has begun, on a clock that stands still: what tests of its work start from.

import type { NetworkPorts } from "../../src/networks/ports.ts";
import { FakeClock } from "./clock.ts";
import { PLANE } from "./infernet-control-plane.ts";
import { infernetRig, type Rig } from "./infernet-ports.ts";
import { openInfernet } from "./infernet-session.ts";
import type { NodeRow, PlaneJob } from "./infernet-store.ts";

export const types = (job: PlaneJob): string[] => job.events.map(({ event_type: type }) => type);

/** A reader's view: how it begins and ends, and the words in between, however they were put together. */
export const read = (job: PlaneJob) => ({
  frame: types(job).filter((type) => type !== "token"),
  words: job.events.map(({ event_type: type, data }) => (type === "token" ? Object(data).text : "")).join(""),
});

export function start(rig: Rig, settings: object = {}, given: Partial<NetworkPorts> = {}) {
  const stop = new AbortController();
  const session = openInfernet({ url: PLANE, ...settings }, { ...rig.ports, ...given });
  const ended = session.run(stop.signal);
  return { session, stop, ended };
}

/** A tenth of a second in small steps, so that what follows from one thing after the other has its turns. */
export async function begun(clock: FakeClock): Promise<void> {
  for (let i = 0; i < 20; i++) await clock.advance(5);
}

export async function started(settings: object = {}, given: Partial<NetworkPorts> = {}) {
  const clock = new FakeClock();
  const rig = infernetRig(clock, given);
  const node = start(rig, settings);
  await begun(clock);
  return { clock, rig, ...node, row: rowOf(rig) };
}

function rowOf(rig: Rig): NodeRow {
  const [row] = rig.plane.store.rows;
  if (!row) throw new Error("the node has not registered");
  return row;
}
