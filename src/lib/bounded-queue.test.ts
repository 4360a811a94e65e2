import { expect, test } from "bun:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { BoundedQueue } from "./bounded-queue.ts";
import { ownRows } from "./shared-rows.ts";

const never = () => new AbortController().signal;
const always = () => true;
const counter = (clock = new FakeClock()) => ownRows(clock).row("waiting").counter;

/** A queue in front of a counter of free places. */
function setUp(size = 3, timeout = 1000) {
  const clock = new FakeClock();
  const queue = new BoundedQueue({ size, timeout }, counter(clock), clock);
  const places = { free: 0 };
  const served: string[] = [];
  const wait = (name: string, signal = never()) => {
    const take = () => (places.free > 0 ? places.free-- : undefined);
    return queue.wait(take, signal).then(
      () => served.push(name),
      (error) => served.push(`${name}: ${error.code}`),
    );
  };
  const free = (count: number) => {
    places.free += count;
    queue.serve(() => places.free > 0);
  };
  return { clock, queue, wait, free, served };
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test("first in, first out, as many as there are places", async () => {
  const { queue, wait, free, served } = setUp();
  for (const name of ["a", "b", "c"]) void wait(name);
  free(2);
  await settle();
  expect([served, queue.length]).toEqual([["a", "b"], 1]);
  free(1);
  await settle();
  expect(served).toEqual(["a", "b", "c"]);
});

test("one more than its size is refused at once", async () => {
  const { wait, served } = setUp(1);
  void wait("a");
  await wait("b");
  expect(served).toEqual(["b: queue_full"]);
  const none = setUp(0);
  await none.wait("a");
  expect(none.served).toEqual(["a: queue_full"]);
});

test("who waits too long is refused, and its place is free for another", async () => {
  const { clock, queue, wait, free, served } = setUp(1);
  void wait("a");
  await clock.advance(999);
  expect(queue.length).toBe(1);
  await clock.advance(1);
  expect([served, queue.length]).toEqual([["a: queue_timeout"], 0]);
  void wait("b");
  free(1);
  await settle();
  expect(served[1]).toBe("b");
});

test("who leaves makes room at once, and is served no more", async () => {
  const { queue, wait, free, served } = setUp();
  const abort = new AbortController();
  void wait("a", abort.signal);
  void wait("b");
  abort.abort();
  expect(queue.length).toBe(1);
  free(1);
  await settle();
  expect(served).toEqual(["a: queue_aborted", "b"]);
  await wait("c", AbortSignal.abort());
  expect(served[2]).toBe("c: queue_aborted");
});

test("who cannot use what is free does not block those behind", async () => {
  const queue = new BoundedQueue({ size: 9, timeout: 1000 }, counter(), new FakeClock());
  void queue.wait(() => undefined, never());
  const second = queue.wait(() => "mine", never());
  queue.serve(always);
  expect(await second).toBe("mine");
  expect(queue.length).toBe(1);
});

test("what taking throws ends that wait alone", async () => {
  const queue = new BoundedQueue({ size: 9, timeout: 1000 }, counter(), new FakeClock());
  const first = queue.wait(() => {
    throw new Error("none left");
  }, never());
  const second = queue.wait(() => "mine", never());
  queue.serve(always);
  expect(first).rejects.toThrow("none left");
  expect(await second).toBe("mine");
});
