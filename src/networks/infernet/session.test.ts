// A node in Infernet against a control plane that is as strict as the documents: it is there, works, and leaves.
import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { begun, read, start, started, types } from "../../../test/fakes/infernet-node.ts";
import { infernetRig, says } from "../../../test/fakes/infernet-ports.ts";
import type { PlaneJob } from "../../../test/fakes/infernet-store.ts";
import type { NetworkPorts } from "../ports.ts";

const TERMINAL = ["done", "error"];
/** What the documents say is not there: it comes over the wire, where nobody looks at types. */
const odd = (fields: object): Partial<PlaneJob> => Object.assign({}, fields);

describe("being there", () => {
  test("registers, and tells at once what it can do", async () => {
    const { rig, row, session } = await started();
    expect(rig.plane.seen.map(({ path }) => path.replace("/api/v1/node/", ""))).toEqual(
      expect.arrayContaining(["me", "register", "heartbeat"]),
    );
    expect(row).toMatchObject({
      status: "available",
      node_id: `provider-${row.public_key.slice(0, 8)}`,
      address: null,
    });
    expect(row.specs).toMatchObject({ served_models: ["tiny"], load: { active_jobs: 0, concurrency_cap: 4 } });
    expect(session.health()).toEqual({ ready: true, reasons: [] });
  });

  test("a row that was deleted is registered again", async () => {
    const { clock, rig, row, session } = await started();
    rig.plane.store.drop(row);
    await clock.advance(40_000);
    expect(rig.plane.store.rows).toHaveLength(1);
    expect(rig.plane.store.rows[0]?.specs).toMatchObject({ served_models: ["tiny"] });
    expect(session.health().ready).toBe(true);
  });

  test("one that is forgotten after every registration is registered less and less often", async () => {
    const { clock, rig } = await started({ intervals: { heartbeatMs: 1000 } });
    const error = "no row for this pubkey — call /register first";
    rig.plane.fault = (path) =>
      path.endsWith("heartbeat") ? { kind: "status", status: 404, applied: false, error } : undefined;
    rig.plane.seen.length = 0;
    await clock.advance(60_000);
    const again = rig.plane.seen.filter(({ path }) => path.endsWith("register")).length;
    expect(again).toBeGreaterThan(1);
    expect(again).toBeLessThan(60);
  });

  test("a clock that is an hour off follows the control plane's, and says so", async () => {
    const clock = new FakeClock();
    const rig = infernetRig(clock);
    rig.plane.clockAhead = 3_600_000;
    const { session } = start(rig);
    await begun(clock);
    expect(session.health().ready).toBe(true);
    expect(session.status().find(({ name }) => name === "clock")?.value).toMatch(/^3600 s|^3601 s/);
    expect(rig.log.lines.some(({ message }) => message.includes("clock"))).toBe(true);
  });

  test("a key that is registered already keeps its node id: a second row would break it", async () => {
    const clock = new FakeClock();
    const rig = infernetRig(clock);
    const first = start(rig, { nodeId: "provider-old00001" });
    await begun(clock);
    first.stop.abort();
    await first.ended;
    start(rig);
    await begun(clock);
    expect(rig.plane.store.rows.map(({ node_id }) => node_id)).toEqual(["provider-old00001"]);
  });

  test("an address of before is overwritten when nothing shall be published, and published when it shall", async () => {
    const clock = new FakeClock();
    const rig = infernetRig(clock);
    const first = start(rig, { advertise: true, address: "203.0.113.7" });
    await begun(clock);
    expect(rig.plane.store.rows[0]).toMatchObject({ address: "203.0.113.7", port: 46_337 });
    first.stop.abort();
    await first.ended;
    start(rig, { address: "203.0.113.7" });
    await begun(clock);
    expect(rig.plane.store.rows[0]).toMatchObject({ address: "", port: 0 });
  });

  test("failures make it slower, never faster than the interval allows, and it comes back", async () => {
    const { clock, rig, session } = await started();
    rig.plane.down = true;
    await clock.advance(10 * 60_000);
    expect(session.health()).toMatchObject({ ready: false });
    const before = rig.plane.seen.length;
    rig.plane.down = false;
    await clock.advance(66_000);
    expect(session.health().ready).toBe(true);
    expect(rig.plane.seen.length - before).toBeGreaterThan(0);
  });

  test("while no model server works it says offline at once, and what it was given before is failed", async () => {
    const { clock, rig, row, session } = await started();
    expect(row.status).toBe("available");
    rig.works = false;
    rig.generate = async function* () {
      yield await Promise.reject(new Error("no server"));
      throw new Error("no server");
    };
    await clock.advance(2000);
    expect([row.status, row.specs]).toEqual(["offline", expect.objectContaining({ served_models: [] })]);
    expect(session.health().reasons).toEqual(["no model server works"]);
    const given = rig.plane.store.addJob(row);
    await clock.advance(20_000);
    expect(given).toMatchObject({ status: "failed", completed: 1 });
    rig.works = true;
    await clock.advance(2000);
    expect([row.status, row.specs]).toEqual(["available", expect.objectContaining({ served_models: ["tiny"] })]);
    expect(session.health().ready).toBe(true);
  });

  test("no model: it says offline and asks for nothing", async () => {
    const clock = new FakeClock();
    const rig = infernetRig(clock);
    rig.models = [];
    const { session } = start(rig);
    await clock.advance(60_000);
    expect(rig.plane.store.rows[0]?.status).toBe("offline");
    expect(rig.plane.seen.some(({ path }) => path.endsWith("jobs/poll"))).toBe(false);
    expect(session.health().reasons).toContain("no model is offered");
  });
});

describe("jobs", () => {
  test("a chat is answered word by word, ended once and completed once", async () => {
    const { clock, rig, row } = await started({ engine: { backend: "vllm" } });
    const words = Array.from({ length: 40 }, (_, i) => `w${i} `);
    rig.generate = ({ signal }) => says(clock, words, 10, signal);
    const job = rig.plane.store.addJob(row, { model_name: "tiny", payment_offer: 0.05 });
    await clock.advance(20_000);
    expect(read(job)).toEqual({ frame: ["meta", "done"], words: words.join("") });
    expect(job.events[0]?.data).toMatchObject({ provider_node_id: row.node_id, model: "tiny", engine: "vllm" });
    expect(job.events.at(-1)?.data).toMatchObject({ text: words.join(""), reason: "stop" });
    expect(job).toMatchObject({ status: "completed", completed: 1 });
    expect(job.result).toMatchObject({
      type: "chat",
      text: words.join(""),
      token_count: 40,
      completed_by: row.node_id,
    });
    expect(rig.plane.store.payments).toHaveLength(1);
    expect(rig.calls).toHaveLength(1);
    expect(rig.calls[0]).toMatchObject({ network: "infernet", model: "tiny", maxTokens: 512, temperature: 0.7 });
  });

  test("one that offers less than the price floor is failed, saying so, and not run", async () => {
    const { clock, rig, row } = await started({ priceFloor: 0.05 });
    const [poor, fair] = [0.04, 0.05].map((payment_offer) => rig.plane.store.addJob(row, { payment_offer }));
    await clock.advance(20_000);
    expect(poor).toMatchObject({ status: "failed", completed: 1, error: "this node does no jobs for less than 0.05" });
    expect(fair).toMatchObject({ status: "completed", completed: 1 });
    expect(rig.calls).toHaveLength(1);
  });

  test("a batch that is under way when its job fails does not come after the end", async () => {
    const { clock, rig, row } = await started();
    rig.generate = async function* () {
      yield "a";
      await new Promise<void>((resolve) => clock.after(16_000, resolve));
      throw new Error("the model server is gone");
    };
    let slow = 1;
    // Longer than an answer is waited for: it arrives when nobody does any more.
    rig.plane.fault = (path) => (path.endsWith("/events") && slow-- > 0 ? { kind: "slow", ms: 18_000 } : undefined);
    const job = rig.plane.store.addJob(row);
    await clock.advance(300_000);
    expect(types(job)).toEqual(["meta", "token", "error"]);
    expect(job).toMatchObject({ status: "failed", completed: 1 });
  });

  test("slow words leave by the timer, not with the next word", async () => {
    const { clock, rig, row } = await started({ intervals: { pollMs: 100 } });
    rig.generate = ({ signal }) => says(clock, ["a", "b"], 5000, signal);
    const job = rig.plane.store.addJob(row);
    await clock.advance(100 + 5000 + 400);
    expect(types(job)).toEqual(["meta", "token"]);
  });

  test("a job that runs over many polls runs once", async () => {
    const { clock, rig, row } = await started({ intervals: { pollMs: 1000 } });
    rig.generate = ({ signal }) => says(clock, ["a", "b", "c"], 20_000, signal);
    const job = rig.plane.store.addJob(row);
    await clock.advance(70_000);
    expect(rig.calls).toHaveLength(1);
    expect(job).toMatchObject({ completed: 1, status: "completed" });
  });

  test("a wall clock that jumps by years does not let a job run again", async () => {
    const { clock, rig, row } = await started({ intervals: { pollMs: 1000 } });
    rig.generate = ({ signal }) => says(clock, ["a"], 10_000, signal);
    const job = rig.plane.store.addJob(row);
    await clock.advance(2000);
    clock.jump(1e11);
    rig.plane.clockAhead = -1e11;
    await clock.advance(20_000);
    expect([rig.calls.length, job.completed]).toEqual([1, 1]);
  });

  test("several at once up to the capacity, which the network is told", async () => {
    const { clock, rig, row } = await started({ maxConcurrent: 3, intervals: { pollMs: 1000, heartbeatMs: 1000 } });
    let running = 0;
    let most = 0;
    rig.generate = async function* ({ signal }) {
      most = Math.max(most, ++running);
      try {
        return yield* says(clock, ["a"], 5000, signal);
      } finally {
        running--;
      }
    };
    const jobs = Array.from({ length: 8 }, () => rig.plane.store.addJob(row));
    await clock.advance(3000);
    expect(row.specs).toMatchObject({ load: { active_jobs: 3, concurrency_cap: 3 } });
    await clock.advance(60_000);
    expect([most, jobs.map(({ completed }) => completed)]).toEqual([3, jobs.map(() => 1)]);
  });

  test("one whose end the control plane does not take holds up no other", async () => {
    const { clock, rig, row } = await started({ maxConcurrent: 1, intervals: { pollMs: 1000 } });
    const stuck = rig.plane.store.addJob(row);
    rig.plane.fault = (path) =>
      path.endsWith(`${stuck.id}/complete`) ? { kind: "status", status: 500, applied: false } : undefined;
    await clock.advance(5000);
    const next = rig.plane.store.addJob(row);
    await clock.advance(5000);
    expect([stuck.completed, next.completed]).toEqual([0, 1]);
    rig.plane.fault = () => undefined;
    await clock.advance(200_000);
    expect([stuck.completed, rig.calls.length]).toEqual([1, 2]);
  });

  test("one that cannot be remembered is not begun, and the node goes on", async () => {
    const { clock, rig, row, session } = await started({ intervals: { pollMs: 1000 } });
    const add = rig.state.add.bind(rig.state);
    rig.state.add = () => {
      throw new Error("the disk is full");
    };
    const job = rig.plane.store.addJob(row);
    await clock.advance(10_000);
    expect([rig.calls.length, job.events.length, session.health().ready]).toEqual([0, 0, true]);
    rig.state.add = add;
    await clock.advance(10_000);
    expect([rig.calls.length, job.completed]).toEqual([1, 1]);
  });

  test("none is asked for while the budget has no place", async () => {
    const { clock, rig, row } = await started();
    rig.places = 0;
    const job = rig.plane.store.addJob(row);
    await clock.advance(60_000);
    expect(job.events).toEqual([]);
    expect(row.specs).toMatchObject({ load: { active_jobs: 0, concurrency_cap: 0 } });
    rig.places = 1;
    await clock.advance(60_000);
    expect(job.completed).toBe(1);
  });

  test.each([
    ["an unknown type", { type: "training" }, 'this node does no jobs of type "training"'],
    ["no messages", { input_spec: { messages: [] } }, "the job's messages are not as they should be"],
    ["content that is no text", { input_spec: { messages: [{ role: "user", content: 1 }] } }, "messages are not"],
    ["null for an input", { input_spec: null }, "messages are not"],
    ["a type that is no text", odd({ type: 5 }), 'no jobs of type ""'],
    ["a model name that is no text", odd({ model_name: 7 }), "the job's model name is none"],
  ])("%s fails honestly", async (_name, given, said) => {
    const { clock, rig, row } = await started();
    const job = rig.plane.store.addJob(row, given);
    await clock.advance(20_000);
    expect(job).toMatchObject({ status: "failed", completed: 1, error: expect.stringContaining(said) });
    expect(types(job)).toEqual(["error"]);
    expect(rig.calls).toEqual([]);
  });

  test("an answer that breaks off is an error, however much of it there was", async () => {
    const { clock, rig, row } = await started();
    rig.generate = async function* () {
      yield "half";
      throw new Error("http://10.0.0.5:8000: cut");
    };
    const job = rig.plane.store.addJob(row);
    await clock.advance(20_000);
    expect(types(job).filter((type) => TERMINAL.includes(type))).toEqual(["error"]);
    expect(job).toMatchObject({ status: "failed", completed: 1, error: "inference failed" });
    expect(JSON.stringify(job.events)).not.toContain("10.0.0.5");
  });

  test("a job that takes too long is failed, and the model server is let go", async () => {
    const { clock, rig, row } = await started({ jobTimeout: "30s" });
    rig.generate = async function* () {
      yield "a";
      await new Promise(() => {});
      return { reason: "stop", promptTokens: null, completionTokens: null };
    };
    const job = rig.plane.store.addJob(row);
    await clock.advance(60_000);
    expect(job).toMatchObject({ status: "failed", completed: 1, error: "the job took too long" });
    expect(rig.calls[0]?.signal.aborted).toBe(true);
  });

  test("entries that are no jobs, and ids that lead elsewhere, are not touched", async () => {
    const { clock, rig, row } = await started();
    const asked = rig.plane.fetch;
    for (const id of ["..", "undefined", "1/../../me", ""]) rig.plane.store.addJob(row, { id });
    const good = rig.plane.store.addJob(row);
    await clock.advance(20_000);
    expect(good.completed).toBe(1);
    expect(
      rig.plane.seen
        .filter(({ path }) => path.includes("/jobs/") && !path.endsWith("poll"))
        .every(({ path }) => path.includes(good.id)),
    ).toBe(true);
    expect(asked).toBe(rig.plane.fetch);
  });
});

describe("answers that get lost", () => {
  const faults = [
    ["a lost answer to what was done", { kind: "lost", applied: true }],
    ["a connection that breaks before", { kind: "lost", applied: false }],
    ["a 500 after it was done", { kind: "status", status: 500, applied: true }],
    ["a 503 before", { kind: "status", status: 503, applied: false }],
    ["one that is too slow", { kind: "slow", ms: 20_000 }],
    ["a request that is delivered twice", { kind: "twice" }],
  ] as const;
  const places = [
    ["the first events", /events$/, 1],
    ["the last event", /events$/, 2],
    ["complete", /complete$/, 1],
  ] as const;
  for (const [what, fault] of faults) {
    test.each(places)(`${what}: %s`, async (_name, pattern, nth) => {
      const { clock, rig, row } = await started();
      rig.generate = ({ signal }) => says(clock, ["a", "b", "c"], 200, signal);
      let count = 0;
      rig.plane.fault = (path) => (pattern.test(path) && ++count === nth ? fault : undefined);
      const job = rig.plane.store.addJob(row);
      await clock.advance(5 * 60_000);
      expect(read(job)).toEqual({ frame: ["meta", "done"], words: "abc" });
      expect(job).toMatchObject({ status: "completed", completed: 1 });
      expect(rig.calls).toHaveLength(1);
    });
  }

  test.each([true, false])("no public status: the poll tells whether a job has ended (%s)", async (applied) => {
    const { clock, rig, row } = await started();
    let lost = 1;
    rig.plane.fault = (path) => {
      if (path.endsWith("/status")) return { kind: "status", status: 404, applied: false };
      return path.endsWith("complete") && lost-- > 0 ? { kind: "lost", applied } : undefined;
    };
    const job = rig.plane.store.addJob(row);
    await clock.advance(5 * 60_000);
    expect(job).toMatchObject({ status: "completed", completed: 1 });
  });

  test("no public stream: the last event is not said twice, and a batch of words in doubt fails the job", async () => {
    const { clock, rig, row } = await started();
    let count = 0;
    let nth = 0;
    rig.plane.fault = (path) => {
      if (path.includes("/stream/")) return { kind: "status", status: 404, applied: false };
      return path.endsWith("events") && ++count === nth ? { kind: "lost", applied: true } : undefined;
    };
    nth = 1;
    const last = rig.plane.store.addJob(row);
    await clock.advance(15 * 60_000);
    expect([read(last).frame, last.status, last.completed]).toEqual([["meta", "done"], "completed", 1]);
    rig.generate = ({ signal }) => says(clock, ["a", "b", "c"], 1000, signal);
    [count, nth] = [0, 2];
    const words = rig.plane.store.addJob(row);
    await clock.advance(15 * 60_000);
    expect([types(words).filter((type) => TERMINAL.includes(type)), words.status, words.completed]).toEqual([
      ["error"],
      "failed",
      1,
    ]);
  });

  test.each([
    ["its first words", 1],
    ["the last event", 3],
  ])(
    "no public stream, and a control plane that says itself that it cannot now: %s are sent again",
    async (_what, nth) => {
      const { clock, rig, row } = await started();
      rig.generate = ({ signal }) => says(clock, ["a", "b", "c"], 300, signal);
      let count = 0;
      rig.plane.fault = (path) => {
        if (path.includes("/stream/")) return { kind: "status", status: 404, applied: false };
        const fails = path.endsWith("events") && ++count === nth;
        return fails ? { kind: "status", status: 503, applied: false } : undefined;
      };
      const job = rig.plane.store.addJob(row);
      await clock.advance(8 * 60_000);
      expect(read(job)).toEqual({ frame: ["meta", "done"], words: "abc" });
      expect(job).toMatchObject({ status: "completed", completed: 1 });
    },
  );

  test("a refusal is final: the job is failed, once", async () => {
    const { clock, rig, row } = await started();
    let count = 0;
    rig.plane.fault = (path) =>
      /events$/.test(path) && ++count === 1
        ? { kind: "status", status: 400, applied: false, error: "events must be a non-empty array" }
        : undefined;
    const job = rig.plane.store.addJob(row);
    await clock.advance(60_000);
    expect(types(job)).toEqual(["error"]);
    expect(job).toMatchObject({ status: "failed", completed: 1 });
  });
});

describe("the end of a run", () => {
  test("drain takes nothing new, ends what runs, and then says offline", async () => {
    const { clock, rig, row, session, stop, ended } = await started({ intervals: { pollMs: 1000 } });
    rig.generate = ({ signal }) => says(clock, ["a"], 5000, signal);
    const first = rig.plane.store.addJob(row);
    await clock.advance(2000);
    const drained = session.drain(new AbortController().signal);
    const late = rig.plane.store.addJob(row);
    await clock.advance(10_000);
    await drained;
    // No place is left, so that the scheduler gives nothing more.
    expect(row.specs).toMatchObject({ load: { active_jobs: 1, concurrency_cap: 1 } });
    stop.abort();
    await ended;
    expect([first.completed, late.completed, row.status]).toEqual([1, 0, "offline"]);
  });

  test("what does not end in time is failed before offline", async () => {
    const { clock, rig, row, stop, ended } = await started({ intervals: { pollMs: 1000 } });
    rig.generate = ({ signal }) => says(clock, ["a", "b"], 50_000, signal);
    const job = rig.plane.store.addJob(row);
    await clock.advance(2000);
    stop.abort();
    await begun(clock);
    await ended;
    expect(types(job)).toEqual(["meta", "error"]);
    expect(job).toMatchObject({ status: "failed", completed: 1, error: "the node stops" });
    expect(row.status).toBe("offline");
  });

  test("after a crash a job is failed and not run again; one that had ended is completed as it ended", async () => {
    const clock = new FakeClock();
    const rig = infernetRig(clock);
    let alive = true;
    const dead: NetworkPorts["fetch"] = (url, options) =>
      alive ? rig.plane.fetch(url, options) : new Promise(() => {});
    start(rig, { intervals: { pollMs: 1000 } }, { fetch: dead });
    await begun(clock);
    const row = rig.plane.store.rows[0]!;
    rig.generate = ({ signal }) => says(clock, ["a", "b"], 2000, signal);
    const cut = rig.plane.store.addJob(row);
    await clock.advance(3500);
    expect(types(cut)).toEqual(["meta", "token"]);
    rig.generate = ({ signal }) => says(clock, ["whole"], 0, signal);
    const ended = rig.plane.store.addJob(row);
    rig.plane.fault = (path) =>
      path.includes(ended.id) && path.endsWith("complete") ? { kind: "lost", applied: false } : undefined;
    await clock.advance(1200);
    expect(types(ended)).toContain("done");
    alive = false;
    rig.plane.fault = () => undefined;
    start(rig, { intervals: { pollMs: 1000 } });
    await clock.advance(60_000);
    expect(types(cut)).toEqual(["meta", "token", "error"]);
    expect(cut).toMatchObject({ status: "failed", completed: 1, error: "the node was restarted" });
    expect(types(ended).filter((type) => TERMINAL.includes(type))).toEqual(["done"]);
    expect(ended).toMatchObject({ status: "completed", completed: 1, result: { text: "whole" } });
    expect(rig.calls).toHaveLength(2);
  });
});
