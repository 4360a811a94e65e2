import { expect, test } from "bun:test";
import { z } from "zod";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeNetworkState } from "../../../test/fakes/network-state.ts";
import { JobBook } from "./job-book.ts";

test("the history is bounded by number too: who was seen longest ago is forgotten", () => {
  const clock = new FakeClock();
  const state = new FakeNetworkState(clock);
  const book = new JobBook({ state, clock, facts: z.unknown(), keepMs: 1e12 });
  const end = { outcome: "settled", model: "tiny", reason: undefined, tries: 0, since: 0 } as const;
  for (let n = 0; n < 10_010; n++) {
    clock.jump(1);
    book.end(`j${n}`, { ...end, at: clock.now() });
  }
  book.forget();
  expect(state.all("job")).toHaveLength(10_000);
  expect([book.hasEnded("j9"), book.hasEnded("j10")]).toEqual([false, true]);
});
