// What routers are told of free places.
import { expect, test } from "bun:test";
import { Load } from "./load.ts";

const open = (max: number, load = 0) =>
  new Load(
    { max, load },
    () => 100,
    () => {},
  );

test("places that a former session still has are not free, those of the one before it neither; each comes free with its work", () => {
  const [first, second, third] = [open(3), open(3), open(4, 1)];
  const endFirst = first.begin();
  second.follow(() => first.withFormer);
  const endSecond = second.begin();
  expect(second.capacity()).toEqual({ maxConcurrent: 3, currentLoad: 2 });
  third.follow(() => second.withFormer);
  expect(third.capacity()).toEqual({ maxConcurrent: 4, currentLoad: 3 });
  expect(third.begin()).toBeDefined();
  expect([third.isFull(), third.begin()]).toEqual([true, undefined]);
  endFirst?.();
  endSecond?.();
  expect(third.capacity()).toEqual({ maxConcurrent: 4, currentLoad: 2 });
});
