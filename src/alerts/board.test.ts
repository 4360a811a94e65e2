// When an alert is told: after a while, once, again later, and when it is over; and what a restart makes of it.
import { describe, expect, test } from "bun:test";
import { condition, MemoryShelf } from "../../test/fakes/alerts.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import type { Condition, Notice } from "../core/alert.ts";
import { Board } from "./board.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function setUp(shelf = new MemoryShelf(), clock = new FakeClock()) {
  const options = {
    after: 2 * MINUTE,
    repeat: 4 * HOUR,
    targets: ["one"],
    isChosen: () => true,
    linkOf: (id: string) => `README.md#${id}`,
  };
  const board = new Board(options, clock, shelf);
  const words = (notice: Notice | undefined) => notice?.alerts.map(({ id, state }) => `${id} ${state}`).join(", ");
  /** A minute passes, then it looks. */
  async function look(wrong: readonly (string | Condition)[], unknown: readonly string[] = []) {
    await clock.advance(MINUTE);
    const found = wrong.map((one) => (typeof one === "string" ? condition(one) : one));
    const notice = board.look({ wrong: found, unknown: new Set(unknown) });
    if (notice) board.taken(notice, "one");
    return words(notice);
  }
  async function looks(count: number, wrong: readonly string[], unknown: readonly string[] = []) {
    const told: string[] = [];
    for (let i = 0; i < count; i++) told.push((await look(wrong, unknown)) ?? "-");
    return told.join(" ");
  }
  return { board, clock, shelf, look, looks };
}

describe("an alert", () => {
  test("is told after a while, once, and again when it goes on for long", async () => {
    const { looks } = setUp();
    expect(await looks(4, ["a.b"])).toBe("- - a.b firing -");
    const long = await looks(240, ["a.b"]);
    expect(long.match(/firing/g)).toHaveLength(1);
  });

  test("goes on by other options, and is told by them: again sooner, over later", async () => {
    const { board, looks } = setUp();
    expect(await looks(4, ["a.b"])).toBe("- - a.b firing -");
    board.judgeBy({
      after: 4 * MINUTE,
      repeat: 3 * MINUTE,
      targets: ["one"],
      isChosen: () => true,
      linkOf: (id) => `other#${id}`,
    });
    expect(board.firing()).toMatchObject([{ link: "other#a.b" }]);
    expect(await looks(2, ["a.b"])).toBe("- a.b firing");
    expect(await looks(4, [])).toBe("- - - a.b resolved");
  });

  test("that is wanted no more ends in silence, now and in the next run; the others go on", async () => {
    const { board, shelf, clock, looks } = setUp();
    expect(await looks(3, ["a.b", "c.d"])).toBe("- - a.b firing, c.d firing");
    const kept = structuredClone(shelf.kept);
    const options = {
      after: 2 * MINUTE,
      repeat: 4 * HOUR,
      targets: ["one"],
      isChosen: ({ id }: Condition) => id !== "a.b",
      linkOf: String,
    };
    board.judgeBy(options);
    expect(board.firing()).toMatchObject([{ id: "c.d" }]);
    expect([...shelf.kept.keys()]).toEqual(["c.d"]);
    expect(await looks(4, ["c.d"])).toBe("- - - -");
    // It was left out while the node was down.
    for (const [id, told] of kept) shelf.kept.set(id, told);
    expect(new Board(options, clock, shelf).firing()).toMatchObject([{ id: "c.d" }]);
    expect([...shelf.kept.keys()]).toEqual(["c.d"]);
  });

  test("is over when it was well for a while, which is told once", async () => {
    const { looks, board, shelf } = setUp();
    await looks(3, ["a.b"]);
    expect(board.firing()).toMatchObject([{ id: "a.b", state: "firing", link: "README.md#a.b" }]);
    expect(await looks(4, [])).toBe("- a.b resolved - -");
    expect(board.firing()).toEqual([]);
    expect(shelf.kept.size).toBe(0);
  });

  test("of what was wrong for a moment only is none", async () => {
    const { look, looks } = setUp();
    await look(["a.b"]);
    expect(await looks(10, [])).toBe(Array(10).fill("-").join(" "));
    expect(await looks(2, ["a.b"])).toBe("- -");
  });

  test("that comes and goes is told once, and is not over between", async () => {
    const { look } = setUp();
    const told: (string | undefined)[] = [];
    for (let i = 0; i < 30; i++) told.push(await look(i % 2 === 0 ? ["a.b"] : []));
    expect(told.filter(Boolean)).toEqual(["a.b firing"]);
  });

  test("many at once are one message", async () => {
    const { looks, look } = setUp();
    await looks(2, ["a.b", "c.d", "e.f"]);
    expect(await look(["a.b", "c.d", "e.f"])).toBe("a.b firing, c.d firing, e.f firing");
    await look(["g.h"]);
    expect(await look(["g.h"])).toBe("a.b resolved, c.d resolved, e.f resolved");
  });

  test("that becomes worse is told at once, and no change back and forth is", async () => {
    const { look } = setUp();
    const warning = condition("a.b", { severity: "warning" });
    for (let i = 0; i < 3; i++) await look([warning]);
    expect(await look(["a.b"])).toBe("a.b firing");
    expect(await look([warning])).toBeUndefined();
    expect(await look(["a.b"])).toBeUndefined();
  });

  test("that is a warning only is told once, however long it stands, and after a restart too", async () => {
    const first = setUp();
    const warning = condition("tls.certificate", { severity: "warning" });
    const told: (string | undefined)[] = [];
    for (let i = 0; i < 600; i++) told.push(await first.look([warning]));
    const second = setUp(first.shelf, new FakeClock(first.clock.now() + MINUTE));
    for (let i = 0; i < 600; i++) told.push(await second.look([warning]));
    expect(told.filter(Boolean)).toEqual(["tls.certificate firing"]);
  });

  test("of what cannot be asked stays as it is, but not for ever", async () => {
    const { looks, board } = setUp();
    await looks(3, ["a.b"]);
    expect(await looks(30, [], ["a.b"])).toBe(Array(30).fill("-").join(" "));
    expect(board.firing()).toHaveLength(1);
    expect(await looks(40, [], ["a.b"])).toContain("a.b resolved");
  });
});

test("a clock that goes on while it looks changes nothing", () => {
  let now = 0;
  const clock = { now: () => now, monotonic: () => now++, after: () => () => {} };
  const board = new Board(
    { after: 10, repeat: HOUR, targets: [], isChosen: () => true, linkOf: String },
    clock,
    new MemoryShelf(),
  );
  const look = () => board.look({ wrong: [condition("a.b"), condition("c.d")], unknown: new Set() });
  expect(look()).toBeUndefined();
  now += 10;
  expect(look()?.alerts).toHaveLength(2);
});

describe("what only happens", () => {
  test("is told at the next look, and is over when it has not happened again for half an hour", async () => {
    const { board, looks } = setUp();
    board.happened(condition("challenge.failed"));
    board.happened(condition("challenge.failed"));
    expect(await looks(2, [])).toBe("challenge.failed firing -");
    const rest = await looks(40, []);
    expect(rest.match(/resolved/g)).toHaveLength(1);
    expect(rest.match(/firing/g)).toBeNull();
  });
});

describe("a restart", () => {
  test("does not tell again what was told, and goes on where it was", async () => {
    const first = setUp();
    await first.looks(3, ["a.b"]);
    const second = setUp(first.shelf, new FakeClock(first.clock.now() + MINUTE));
    expect(second.board.firing()).toHaveLength(1);
    expect(await second.looks(10, ["a.b"])).toBe(Array(10).fill("-").join(" "));
    expect(await second.looks(240, ["a.b"])).toContain("a.b firing");
  });

  test("tells what is over meanwhile, once that is sure", async () => {
    const first = setUp();
    await first.looks(3, ["a.b"]);
    const second = setUp(first.shelf, new FakeClock(first.clock.now() + HOUR));
    expect(await second.looks(3, [])).toBe("- a.b resolved -");
  });

  test("tells nothing in its first minutes of what is red only while it starts", async () => {
    const { looks } = setUp();
    expect(await looks(1, ["registry.fresh", "backend.answers"])).toBe("-");
    expect(await looks(5, [])).toBe("- - - - -");
  });

  test("tells again what nobody had taken", async () => {
    const shelf = new MemoryShelf();
    const clock = new FakeClock();
    const board = new Board(
      { after: 0, repeat: HOUR, targets: ["one"], isChosen: () => true, linkOf: String },
      clock,
      shelf,
    );
    expect(board.look({ wrong: [condition("a.b")], unknown: new Set() })?.alerts).toHaveLength(1);
    expect(await setUp(shelf, clock).looks(3, ["a.b"])).toBe("- - a.b firing");
  });

  describe("of which two are told", () => {
    const options = { after: 0, repeat: HOUR, targets: ["one", "two"], isChosen: () => true, linkOf: String };
    const wrong = { wrong: [condition("a.b")], unknown: new Set<string>() };
    const well = { wrong: [], unknown: new Set<string>() };

    function begin(targets = options.targets, shelf = new MemoryShelf(), clock = new FakeClock()) {
      const board = new Board({ ...options, targets }, clock, shelf);
      const owed = () => board.owed().map(({ target, notice }) => `${target}: ${notice.alerts[0]?.state}`);
      const look = async (found: Parameters<Board["look"]>[0]) => {
        await clock.advance(MINUTE);
        return board.look(found) ?? expect.unreachable();
      };
      return { board, shelf, owed, look, again: (next = targets) => begin(next, shelf, clock) };
    }

    test("tells the one that does not have it that it fires, once", async () => {
      const first = begin();
      first.board.taken(await first.look(wrong), "one");
      const second = first.again();
      expect(second.owed()).toEqual(["two: firing"]);
      const [{ notice } = expect.unreachable()] = second.board.owed();
      second.board.taken(notice, "two");
      expect([second.again().owed(), second.again().board.firing()]).toEqual([[], [expect.anything()]]);
    });

    test("tells those that do not have it that it is over, until the last has it", async () => {
      const first = begin();
      first.board.taken(await first.look(wrong), "one");
      await first.look(well);
      const second = first.again();
      expect([second.owed(), second.board.firing()]).toEqual([["one: resolved", "two: resolved"], []]);
      const [one, two] = second.board.owed();
      second.board.taken(one?.notice ?? expect.unreachable(), "one");
      const third = second.again();
      expect(third.owed()).toEqual(["two: resolved"]);
      third.board.taken(two?.notice ?? expect.unreachable(), "two");
      expect([third.again().owed(), first.shelf.kept.size]).toEqual([[], 0]);
    });

    test("owes nothing to who is configured no more, and nothing of what nobody had heard of", async () => {
      const first = begin();
      const firing = await first.look(wrong);
      await first.look(well);
      expect(first.shelf.kept.size).toBe(0);
      // Of what was still on its way when it was over.
      first.board.taken(firing, "one");
      expect(first.again(["one"]).owed()).toEqual(["one: resolved"]);
      expect(first.again(["three"]).owed()).toEqual([]);
      expect(first.shelf.kept.size).toBe(0);
    });

    test("takes late news for what it is: it fires again meanwhile, which the other still has to hear", async () => {
      const first = begin();
      first.board.taken(await first.look(wrong), "one");
      const over = await first.look(well);
      await first.look(wrong);
      first.board.taken(over, "two");
      expect(first.again().owed()).toEqual(["one: firing", "two: firing"]);
    });

    test("tells nobody after a week", async () => {
      const clock = new FakeClock();
      const first = begin(options.targets, new MemoryShelf(), clock);
      first.board.taken(await first.look(wrong), "one");
      await first.look(well);
      await clock.advance(8 * 24 * HOUR);
      expect([first.again().owed(), first.shelf.kept.size]).toEqual([[], 0]);
    });
  });

  test("a clock that was set back delays no repetition beyond its time", async () => {
    const first = setUp();
    await first.looks(3, ["a.b"]);
    const second = setUp(first.shelf, new FakeClock(first.clock.now() - 100 * HOUR));
    expect(await second.looks(241, ["a.b"])).toContain("a.b firing");
  });
});
