// A long run of Infernet's node against a control plane where everything goes wrong, on a fake clock, by a seed.

import { createHash } from "node:crypto";
import { z } from "zod";
import type { NetworkState } from "../../src/core/network-state.ts";
import type { NostrIdentity } from "../../src/core/nostr.ts";
import type { Fetch } from "../../src/lib/fetch.ts";
import { FakeClock } from "../fakes/clock.ts";
import { type Fault, InfernetControlPlane, PLANE } from "../fakes/infernet-control-plane.ts";
import { infernetRig, says } from "../fakes/infernet-ports.ts";
import { openInfernet } from "../fakes/infernet-session.ts";
import type { PlaneJob } from "../fakes/infernet-store.ts";
import { FakeNetworkState } from "../fakes/network-state.ts";
import { seeded } from "../fakes/seeded.ts";

export interface CampaignResult {
  readonly polls: number;
  readonly heartbeats: number;
  readonly jobs: number;
  readonly faults: number;
  readonly crashes: number;
  /** Of jobs that were answered in whole. */
  readonly completed: number;
  /** What must never happen, in words. */
  readonly wrong: readonly string[];
}

const token = z.object({ text: z.string() });
const POLL_MS = 15_000;
const TERMINAL = ["done", "error"];

/** Signatures take most of the time of a long run, and are looked at elsewhere: here they are hashes. */
const cheapSignature = (digest: Uint8Array) => {
  const half = createHash("sha256").update(digest).digest();
  return Buffer.concat([half, half]);
};
const identity: NostrIdentity = {
  pubkey: "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9",
  npub: "npub1",
  sign: cheapSignature,
};

export async function infernetCampaign(seed: number, wantedPolls: number): Promise<CampaignResult> {
  const random = seeded(seed);
  const chance = (p: number) => random() < p;
  const clock = new FakeClock();
  const state = new FakeNetworkState(clock);
  const plane = new InfernetControlPlane(clock, (_key, digest, signature) => cheapSignature(digest).equals(signature));
  plane.recording = false;
  const counts = { polls: 0, heartbeats: 0, faults: 0, crashes: 0 };
  const runs = new Map<string, number>();
  let calm = false;
  plane.fault = (path) => {
    if (path.endsWith("jobs/poll")) counts.polls++;
    if (path.endsWith("heartbeat")) counts.heartbeats++;
    if (calm || !chance(0.15)) return undefined;
    counts.faults++;
    return faultOf(random);
  };
  const rig = infernetRig(clock, { identity, state, random });
  rig.generate = ({ prompt, signal }) => {
    const id = typeof prompt === "string" ? "" : (prompt[0]?.content ?? "");
    runs.set(id, (runs.get(id) ?? 0) + 1);
    const words = wordsOf(id);
    if (chance(0.05)) return breaksOff(words);
    return says(clock, words, Math.floor(random() * 400), signal);
  };

  let node = open();
  function open() {
    const life = { alive: true };
    const stop = new AbortController();
    // Of a process that has ended nothing comes any more, and nothing is written.
    const fetch: Fetch = (url, options) => (life.alive ? plane.fetch(url, options) : new Promise(() => {}));
    const own: NetworkState = {
      get: (kind, key) => state.get(kind, key),
      all: (kind) => state.all(kind),
      add: (...item) => life.alive && state.add(...item),
      set(...item) {
        if (life.alive) state.set(...item);
      },
      remove(...item) {
        if (life.alive) state.remove(...item);
      },
      forget(...item) {
        if (life.alive) state.forget(...item);
      },
    };
    const session = openInfernet({ url: PLANE }, { ...rig.ports, fetch, state: own });
    const ended = session.run(stop.signal);
    return { life, stop, session, ended };
  }

  async function mishap(): Promise<void> {
    const what = random();
    if (chance(0.05)) plane.duplicates = !plane.duplicates;
    if (chance(0.01)) plane.restart();
    if (chance(0.01)) plane.clockAhead = Math.floor((random() - 0.5) * 600_000);
    if (chance(0.002)) for (const row of [...plane.store.rows]) plane.store.drop(row);
    if (what < 0.01) {
      counts.crashes++;
      node.life.alive = false;
      node.stop.abort();
      node = open();
    } else if (what < 0.02) {
      const leaving = node;
      const deadline = new AbortController();
      const drained = leaving.session.drain(deadline.signal);
      await clock.advance(5000);
      deadline.abort();
      await drained;
      leaving.stop.abort();
      await clock.advance(10_000);
      await settled(leaving.ended, clock);
      node = open();
    }
  }

  while (counts.polls < wantedPolls) {
    const row = plane.store.rows[0];
    for (let more = row ? Math.floor(random() * 3) : 0; more > 0; more--) addJob(plane, row);
    await clock.advance(POLL_MS * random());
    await mishap();
  }
  calm = true;
  for (let i = 0; i < 60; i++) await clock.advance(POLL_MS * 2);
  const jobs = [...plane.store.jobs.values()];
  const wrong = jobs.flatMap((job) => faultsOf(job, runs.get(job.id) ?? 0));
  node.stop.abort();
  await clock.advance(10_000);
  const completed = jobs.filter(({ status }) => status === "completed").length;
  return { ...counts, jobs: jobs.length, completed, wrong };
}

/** The node's last words may take a while, each for its own time limit. */
async function settled(ended: Promise<void>, clock: FakeClock): Promise<void> {
  let over = false;
  const done = ended.then(() => {
    over = true;
  });
  for (let i = 0; i < 30 && !over; i++) await clock.advance(1000);
  if (!over) throw new Error("the session does not end");
  await done;
}

function addJob(plane: InfernetControlPlane, row: Parameters<typeof plane.store.addJob>[0]): void {
  const id = crypto.randomUUID();
  plane.store.addJob(row, { id, payment_offer: 0.01, input_spec: { messages: [{ role: "user", content: id }] } });
}

/** What a job of that id is answered. */
function wordsOf(id: string): string[] {
  return [...id].map((letter, i) => `${letter}${i} `);
}

async function* breaksOff(words: readonly string[]): AsyncGenerator<string, never, void> {
  yield words[0] ?? "";
  throw new Error("the model server went away");
}

function faultOf(random: () => number): Fault {
  const applied = random() < 0.5;
  const which = random();
  if (which < 0.35) return { kind: "status", status: random() < 0.5 ? 500 : 503, applied };
  if (which < 0.7) return { kind: "lost", applied };
  if (which < 0.75) return { kind: "twice" };
  return { kind: "slow", ms: Math.floor(random() * 24_000) };
}

function faultsOf(job: PlaneJob, runs: number): string[] {
  const ends = job.events.filter(({ event_type: type }) => TERMINAL.includes(type)).length;
  const last = job.events.at(-1)?.event_type ?? "";
  const tokens = job.events.flatMap(({ event_type: type, data }) => (type === "token" ? [data] : []));
  const text = tokens.map((data) => token.parse(data).text).join("");
  const whole = wordsOf(job.id).join("");
  // Its row was deleted while it waited or ran: the control plane takes nothing more for it.
  const orphan = job.provider_id === null;
  const found: string[] = [];
  const note = (bad: boolean, what: string) => bad && found.push(`${job.id}: ${what}`);
  note(runs > 1, `run ${runs} times`);
  note(job.completed > 1, `completed ${job.completed} times`);
  note(ends > 1, `${ends} terminal events`);
  note(!orphan && job.completed === 0, `lost, ${job.status}`);
  note(!orphan && ends === 0, "no terminal event");
  note(ends > 0 && !TERMINAL.includes(last), `${last} after the end`);
  note(job.status === "completed" && (last !== "done" || text !== whole), `completed with another text: ${text}`);
  note(job.status === "failed" && last !== "error", `failed after ${last}`);
  note(!whole.startsWith(text), `other words than the model's: ${text}`);
  return found;
}
