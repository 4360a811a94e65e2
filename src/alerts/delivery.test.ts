// To one target: in order, tried again, bounded, and no more talk in the log than is needed.
import { expect, test } from "bun:test";
import { notice, scriptedTarget } from "../../test/fakes/alerts.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { Delivery } from "./delivery.ts";
import { AlertError } from "./targets/target.ts";

const busy = () => new AlertError("alert_busy", "hooks.example: it answered 503");
const refused = () => new AlertError("alert_refused", "hooks.example: it answered 403");

function setUp(answer: () => Promise<number>) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const target = scriptedTarget(answer);
  const counts: Record<string, number> = {};
  const count = (_: string, outcome: string) => {
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  };
  const delivery = new Delivery(target, { clock, log, count });
  const ending = new AbortController();
  const run = delivery.run(ending.signal);
  const end = () => {
    ending.abort();
    return run;
  };
  return { clock, log, target, counts, delivery, end };
}

test("a target that is down gets everything when it is back, in order; the log says it twice in all", async () => {
  let up = false;
  const { clock, log, target, counts, delivery, end } = setUp(async () => {
    if (!up) throw busy();
    return 200;
  });
  let taken = 0;
  for (const id of ["a.a", "b.b", "c.c"]) delivery.add(notice(id), () => taken++);
  await clock.advance(10 * 60_000);
  expect(target.taken).toEqual([]);
  expect(delivery.state()).toMatchObject({ lastError: "hooks.example: it answered 503", waiting: 3 });
  up = true;
  await clock.advance(10 * 60_000);
  expect(target.taken).toEqual(["a.a", "b.b", "c.c"]);
  expect(taken).toBe(3);
  expect(delivery.state()).toMatchObject({ lastError: null, waiting: 0 });
  expect(log.lines.map(({ message }) => message)).toEqual(["an alert was not taken", "alerts are taken again"]);
  // 1 + 2 + 4 … 256 s, then every 5 minutes: no storm.
  expect(counts.failed).toBeLessThan(14);
  await end();
});

test("what is refused is not sent again, and the next is", async () => {
  let answers = 0;
  const { clock, target, counts, delivery, end } = setUp(async () => {
    if (answers++ === 0) throw refused();
    return 200;
  });
  delivery.add(notice("a.a"), () => {});
  delivery.add(notice("b.b"), () => {});
  await clock.advance(1);
  expect(target.taken).toEqual(["b.b"]);
  expect(counts).toEqual({ failed: 1, dropped: 1, sent: 1 });
  await end();
});

test("who asks to be left alone for a while is, but for no more than an hour", async () => {
  const asked = [600, 1_000_000];
  const tries: number[] = [];
  const { clock, target, delivery, end } = setUp(async () => {
    tries.push(clock.monotonic());
    const seconds = asked.shift();
    if (seconds !== undefined) throw new AlertError("alert_busy", "hooks.example: it answered 429", seconds);
    return 200;
  });
  delivery.add(notice("a.a"), () => {});
  await clock.advance(1);
  for (let minute = 0; minute < 80; minute++) await clock.advance(60_000);
  expect(tries.map((at) => (at - (tries[0] ?? 0)) / 60_000)).toEqual([0, 10, 70]);
  expect(target.taken).toEqual(["a.a"]);
  await end();
});

test("only so many wait, the oldest go; and nothing is kept for days", async () => {
  const { clock, counts, delivery, end } = setUp(async () => {
    throw busy();
  });
  for (let i = 0; i < 100; i++) delivery.add(notice(`n.${i}`), () => {});
  expect(delivery.state().waiting).toBe(32);
  expect(counts.dropped).toBe(68);
  for (let hour = 0; hour < 12; hour++) await clock.advance(60 * 60_000);
  expect(delivery.state().waiting).toBe(0);
  await end();
});

test("a target that is given up is tried once more for all that waits; what it does not take goes to its heirs", async () => {
  let answers = 0;
  const former = setUp(async () => {
    if (answers++ !== 1) throw busy();
    return 200;
  });
  const heir = setUp(async () => 200);
  const taken: string[] = [];
  for (const id of ["a.a", "b.b"]) former.delivery.add(notice(id), () => taken.push(id));
  await former.clock.advance(1);
  // The first waits to be tried again: now it is, at once.
  former.delivery.leave([heir.delivery]);
  await former.clock.advance(1);
  await heir.clock.advance(1);
  expect(former.target.taken).toEqual(["a.a"]);
  expect(heir.target.taken).toEqual(["b.b"]);
  expect(taken).toEqual(["a.a", "b.b"]);
  expect(former.counts.dropped).toBeUndefined();
  await Promise.all([former.end(), heir.end()]);
});

test("two reloads in a row: what the first target gives up late goes past the second, which has left, to the third", async () => {
  const answer = Promise.withResolvers<number>();
  const first = setUp(() => answer.promise);
  const second = setUp(async () => 200);
  const third = setUp(async () => 200);
  const taken: string[] = [];
  first.delivery.add(notice("a.a"), () => taken.push("a.a"));
  await first.clock.advance(1);
  first.delivery.leave([second.delivery]);
  second.delivery.leave([third.delivery]);
  await second.clock.advance(1);
  answer.reject(busy());
  await first.clock.advance(1);
  await third.clock.advance(1);
  expect([second.target.taken, third.target.taken, taken]).toEqual([[], ["a.a"], ["a.a"]]);
  await Promise.all([first.end(), second.end(), third.end()]);
});

test("what comes to a target that has left, with nobody after it, is counted as dropped", async () => {
  const { clock, counts, target, delivery, end } = setUp(async () => 200);
  delivery.leave([]);
  await clock.advance(1);
  delivery.add(notice("a.a"), () => {});
  await clock.advance(1);
  expect([target.taken, counts, delivery.state().waiting]).toEqual([[], { dropped: 1 }, 0]);
  await end();
});

test("an heir of several takes the same message once, whether it has sent it meanwhile or not", async () => {
  const heir = setUp(async () => 200);
  const formers = [setUp(async () => Promise.reject(busy())), setUp(async () => Promise.reject(busy()))];
  const same = notice("a.a");
  for (const { delivery, clock } of formers) {
    delivery.add(same, () => {});
    await clock.advance(1);
    delivery.leave([heir.delivery]);
    await clock.advance(1);
    await heir.clock.advance(1);
  }
  expect(heir.target.taken).toEqual(["a.a"]);
  await Promise.all([heir, ...formers].map(({ end }) => end()));
});
