import { expect, test } from "bun:test";
import { HttpClientError } from "../http-error.ts";
import { BodyQueue } from "./body-queue.ts";

function start() {
  const calls: string[] = [];
  const queue = new BodyQueue({
    pause: () => calls.push("pause"),
    resume: () => calls.push("resume"),
    waits: (first) => calls.push(first ? "waits first" : "waits"),
    served: () => calls.push("served"),
    leave: () => calls.push("leave"),
  });
  return { calls, queue };
}

const CUT = new HttpClientError("cut", "h", "cut");
const bytes = (text: string) => Buffer.from(text);
const text = (step: IteratorResult<Uint8Array>) => (step.done ? "end" : Buffer.from(step.value).toString());

test("what one read brought is one piece for a reader that waits, and for one that comes later", async () => {
  const { calls, queue } = start();
  const waiting = queue.next();
  queue.push(bytes("a"));
  queue.push(bytes("b"));
  queue.flush();
  expect(text(await waiting)).toBe("ab");
  queue.push(bytes("c"));
  queue.flush();
  queue.push(bytes("d"));
  queue.finish();
  expect(text(await queue.next())).toBe("cd");
  expect(text(await queue.next())).toBe("end");
  expect(calls).toEqual(["waits first", "served"]);
});

test("whole: only when the end has come, and once", async () => {
  const { queue } = start();
  queue.push(bytes("a"));
  queue.flush();
  expect(queue.whole()).toBeUndefined();
  queue.push(bytes("b"));
  queue.finish();
  expect(Buffer.from(queue.whole() ?? []).toString()).toBe("ab");
  expect(text(await queue.next())).toBe("end");
  const { queue: cut } = start();
  cut.push(bytes("a"));
  cut.fail(CUT);
  expect(cut.whole()).toBeUndefined();
});

test("a reader that does not come pauses the connection, and resumes it as it reads", async () => {
  const { calls, queue } = start();
  for (let i = 0; i < 5; i++) {
    queue.push(Buffer.alloc(100_000));
    queue.flush();
  }
  expect(calls).toEqual(["pause"]);
  for (let i = 0; i < 5; i++) expect((await queue.next()).value?.length).toBe(100_000);
  expect(calls).toEqual(["pause", "resume"]);
});

test("many small pieces are joined, up to a size", async () => {
  const { queue } = start();
  for (let i = 0; i < 100_000; i++) queue.push(bytes("a"));
  queue.finish();
  expect([(await queue.next()).value?.length, (await queue.next()).value?.length]).toEqual([65_536, 34_464]);
});

test("a cut comes behind what arrived before it, an abort at once", async () => {
  for (const waits of [false, true]) {
    const { queue } = start();
    const first = waits ? queue.next() : undefined;
    queue.push(bytes("a"));
    queue.fail(CUT);
    expect(text(await (first ?? queue.next()))).toBe("a");
    expect(queue.next()).rejects.toBe(CUT);
  }
  const { queue } = start();
  queue.push(bytes("a"));
  queue.fail(new HttpClientError("aborted", "h", "cancelled"));
  expect(queue.next()).rejects.toMatchObject({ code: "aborted" });
});

test("a reader that leaves says so, once, and only before the end", async () => {
  const { calls, queue } = start();
  queue.push(bytes("a"));
  await queue.return();
  await queue.return();
  expect(text(await queue.next())).toBe("end");
  const { calls: none, queue: whole } = start();
  whole.finish();
  await whole.return();
  expect([calls, none]).toEqual([["leave"], []]);
});
