// Answers of proxies, streams that show little, text that cannot be stored: a job ends once, and gives its place back.
import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import type { Fault } from "../../../test/fakes/infernet-control-plane.ts";
import { read, start, started, types } from "../../../test/fakes/infernet-node.ts";
import { infernetRig, says } from "../../../test/fakes/infernet-ports.ts";
import type { PlaneJob } from "../../../test/fakes/infernet-store.ts";
import { JobBook } from "./job-book.ts";

const ends = (job: PlaneJob) => types(job).filter((type) => type === "done" || type === "error");
const DAY = 24 * 60 * 60 * 1000;

describe("what is stored", () => {
  test("no NUL and no half of a character is sent, and halves find each other", async () => {
    const { clock, rig, row } = await started();
    rig.generate = ({ signal }) => says(clock, ["a\0b", "\ud83d", "\ude00", "\ude00x", "\ud83d"], 300, signal);
    const job = rig.plane.store.addJob(row);
    await clock.advance(60_000);
    const text = "ab\u{1f600}\ufffdx\ufffd";
    expect(job).toMatchObject({ status: "completed", completed: 1, result: { text } });
    expect(read(job)).toEqual({ frame: ["meta", "done"], words: text });
    expect(ends(job)).toEqual(["done"]);
  });

  test("a last event that is never taken keeps no place, and the job's time ends it", async () => {
    const { clock, rig, row } = await started({ maxConcurrent: 1, jobTimeout: "30s", intervals: { pollMs: 1000 } });
    const stuck = rig.plane.store.addJob(row);
    rig.plane.fault = (path) =>
      path.endsWith(`${stuck.id}/events`) ? { kind: "status", status: 500, applied: false } : undefined;
    await clock.advance(5000);
    const next = rig.plane.store.addJob(row);
    await clock.advance(5000);
    expect([next.completed, stuck.completed]).toEqual([1, 0]);
    await clock.advance(60_000);
    rig.plane.fault = () => undefined;
    await clock.advance(5 * 60_000);
    expect([ends(stuck), stuck.status, stuck.completed]).toEqual([["error"], "failed", 1]);
    expect(rig.calls).toHaveLength(2);
  });

  test("a last event that was stored, though its answer is lost until the time is up, is how the job ended", async () => {
    const { clock, rig, row } = await started({ jobTimeout: "20s", intervals: { pollMs: 1000 } });
    const job = rig.plane.store.addJob(row);
    let lost = false;
    rig.plane.fault = (path) => {
      if (lost && path.includes(job.id)) return { kind: "lost", applied: false };
      if (!path.endsWith("events")) return undefined;
      lost = true;
      return { kind: "lost", applied: true };
    };
    await clock.advance(40_000);
    rig.plane.fault = () => undefined;
    await clock.advance(5 * 60_000);
    expect([ends(job), job.status, job.completed]).toEqual([["done"], "completed", 1]);
  });
});

describe("a proxy's no is not the control plane's", () => {
  const proxy = (status: number): Fault => ({ kind: "status", status, applied: false });
  test.each([403, 404, 408, 425, 429])("%d", async (status) => {
    const { clock, rig, row } = await started();
    const left = { events: 2, complete: 2 };
    rig.plane.fault = (path) => {
      if (path.endsWith("/events") && left.events-- > 0) return proxy(status);
      if (path.endsWith("/complete") && left.complete-- > 0) return proxy(status);
      return undefined;
    };
    const job = rig.plane.store.addJob(row);
    await clock.advance(5 * 60_000);
    expect([read(job).frame, job.status, job.completed]).toEqual([["meta", "done"], "completed", 1]);
  });
});

test("what the last poll still held is not forgotten, however old it is", () => {
  const clock = new FakeClock();
  const book = new JobBook(infernetRig(clock).state, clock);
  for (const id of ["held", "gone"]) {
    book.take(id);
    book.end(id);
  }
  for (let month = 0; month < 4; month++) {
    clock.jump(31 * DAY);
    book.tidy(["held"]);
  }
  expect([book.take("held"), book.take("gone")]).toEqual([false, true]);
});

describe("a public stream", () => {
  test.each(["a job in hand", "a job that was left"])(
    "that never begins: %s is completed all the same",
    async (what) => {
      const clock = new FakeClock();
      const rig = infernetRig(clock);
      start(rig);
      await clock.advance(100);
      const [row] = rig.plane.store.rows;
      const job = rig.plane.store.addJob(row);
      if (what !== "a job in hand") rig.state.add("job", job.id, "");
      let lost = 1;
      rig.plane.fault = (path) => {
        if (path.includes("/stream/")) return { kind: "slow", ms: 1e9 };
        return path.endsWith("events") && lost-- > 0 ? { kind: "lost", applied: true } : undefined;
      };
      if (what !== "a job in hand") start(rig);
      await clock.advance(10 * 60_000);
      expect([job.completed, ends(job).length < 2]).toEqual([1, true]);
      const asked = rig.plane.seen.filter(({ path }) => path.includes("/jobs/")).length;
      await clock.advance(60_000);
      expect(rig.plane.seen.filter(({ path }) => path.includes(job.id)).length).toBeLessThan(asked + 1);
    },
  );

  test("that shows only the first few: nothing is sent twice, and the job does not fail", async () => {
    const { clock, rig, row } = await started();
    rig.plane.shown = 2;
    rig.generate = ({ signal }) => says(clock, ["a", "b", "c", "d", "e"], 1000, signal);
    let count = 0;
    rig.plane.fault = (path) =>
      path.endsWith("events") && [4, 6].includes(++count) ? { kind: "lost", applied: true } : undefined;
    const job = rig.plane.store.addJob(row);
    await clock.advance(5 * 60_000);
    expect(read(job)).toEqual({ frame: ["meta", "done"], words: "abcde" });
    expect(job).toMatchObject({ status: "completed", completed: 1, result: { text: "abcde" } });
  });

  test("that shows the first thousand: the thousand and first is not sent twice", async () => {
    const { clock, rig, row } = await started();
    rig.plane.shown = 1000;
    rig.plane.recording = false;
    const words = Array.from({ length: 1010 }, (_, i) => `${i} `);
    rig.generate = ({ signal }) => says(clock, words, 300, signal);
    const job = rig.plane.store.addJob(row);
    let lost = 1;
    rig.plane.fault = (path) =>
      path.endsWith("events") && job.events.length === 1000 && lost-- > 0 ? { kind: "lost", applied: true } : undefined;
    await clock.advance(9 * 60_000);
    expect(lost).toBe(0);
    expect(read(job).words).toBe(words.join(""));
    expect([ends(job), job.completed]).toEqual([["done"], 1]);
  });
});

describe("events of words", () => {
  const many = async (count: number, everyMs: number) => {
    const { clock, rig, row } = await started();
    const sizes: number[] = [];
    rig.plane.fault = (path) => (path.endsWith("events") ? { kind: "slow", ms: 1000 } : undefined);
    rig.generate = ({ signal }) =>
      says(
        clock,
        Array.from({ length: count }, (_, i) => `${i} `),
        everyMs,
        signal,
      );
    const job = rig.plane.store.addJob(row);
    await clock.advance(120_000);
    for (const { path, body } of rig.plane.seen) {
      if (path.endsWith("events")) sizes.push(JSON.parse(body).events.length);
    }
    const { words } = read(job);
    expect(words).toBe(Array.from({ length: count }, (_, i) => `${i} `).join(""));
    expect(job).toMatchObject({ completed: 1, result: { text: words, token_count: count } });
    return { sizes, tokens: job.events.filter(({ event_type: type }) => type === "token").length };
  };

  test("each is one, however slowly the control plane takes them", async () => {
    expect((await many(120, 1)).tokens).toBe(120);
  });

  test("of those that wait no more than a batch holds; of a long answer, what waits together becomes one", async () => {
    const { sizes, tokens } = await many(3000, 2);
    expect(Math.max(...sizes)).toBeLessThan(201);
    expect(tokens).toBeLessThan(600);
  });
});
