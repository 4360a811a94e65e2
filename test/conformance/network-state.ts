// What the durable state of a network must do, wherever it is kept: the fake that unit tests use holds to it too.
import { expect, test } from "bun:test";
import type { Clock } from "../../src/core/clock.ts";
import type { NetworkState } from "../../src/core/network-state.ts";
import { FakeClock } from "../fakes/clock.ts";

export function networkStateContract(name: string, open: (clock: Clock) => NetworkState): void {
  test(`${name}: an item is added once, changed, and removed`, () => {
    const state = open(new FakeClock(1000));
    expect(state.get("job", "a")).toBeUndefined();
    expect(state.add("job", "a", "first")).toBeTrue();
    expect(state.add("job", "a", "second")).toBeFalse();
    expect(state.get("job", "a")).toEqual({ key: "a", value: "first", at: 1000 });
    expect(state.get("other kind", "a")).toBeUndefined();
    state.set("job", "a", "third");
    expect(state.get("job", "a")?.value).toBe("third");
    state.remove("job", "a");
    expect(state.get("job", "a")).toBeUndefined();
    state.remove("job", "a");
    expect(state.add("job", "a", "again")).toBeTrue();
  });

  test(`${name}: all of a kind, the oldest first, and those that are old are forgotten`, async () => {
    const clock = new FakeClock(1000);
    const state = open(clock);
    for (const key of ["b", "a", "c"]) {
      state.set("job", key, key.toUpperCase());
      await clock.advance(10);
    }
    state.set("payment", "a", "kept");
    expect(state.all("job").map(({ key }) => key)).toEqual(["b", "a", "c"]);
    state.forget("job", 1020);
    expect(state.all("job")).toEqual([{ key: "c", value: "C", at: 1020 }]);
    state.set("job", "c", "newer");
    state.forget("job", 1025);
    expect(state.all("job").map(({ value }) => value)).toEqual(["newer"]);
    expect(state.all("payment")).toHaveLength(1);
  });
}
