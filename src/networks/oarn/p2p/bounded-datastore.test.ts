// What strangers can make libp2p remember has an end.
import { expect, test } from "bun:test";
import { Key } from "interface-datastore";
import { BoundedDatastore } from "./bounded-datastore.ts";

test("the oldest entries go when there are too many, and one that is written again is young", () => {
  const store = new BoundedDatastore();
  const key = (i: number) => new Key(`/record/${i}`);
  for (let i = 0; i < 4096; i++) store.put(key(i), Uint8Array.of(1));
  store.put(key(0), Uint8Array.of(2));
  store.put(key(4096), Uint8Array.of(1));
  expect([store.has(key(0)), store.has(key(1)), store.has(key(4096))]).toEqual([true, false, true]);
  store.delete(key(0));
  expect(store.has(key(0))).toBeFalse();
});

test("an entry that is too large is not kept", () => {
  const store = new BoundedDatastore();
  const key = new Key("/record/large");
  store.put(key, new Uint8Array(16 * 1024 + 1));
  expect(store.has(key)).toBeFalse();
});
