import { expect, test } from "bun:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { type LimitStore, PLACE_MS, type Taken } from "../core/limits.ts";
import { AuthError } from "./errors.ts";
import { SharedLimits } from "./shared-limits.ts";

const NONE = { requestsPerMinute: 0, tokensPerMinute: 0, concurrent: 0 };

/** A store that answers as it is told and remembers what it was told. */
class Store implements LimitStore {
  readonly told: string[] = [];
  answer: Taken = {};
  down = false;

  async take(caller: string): Promise<Taken> {
    await this.#tell(`take ${caller}`);
    return this.answer;
  }
  limitTo = ({ concurrent }: { concurrent: number }) => void this.told.push(`limit to ${concurrent}`);
  renew = (held: readonly { caller: string }[]) => this.#tell(`renew ${held.map(({ caller }) => caller).join()}`);
  release = (caller: string) => this.#tell(`release ${caller}`);
  spend = (caller: string, tokens: number) => this.#tell(`spend ${caller} ${tokens}`);

  async #tell(what: string): Promise<void> {
    this.told.push(what);
    if (this.down) throw new Error("store is down");
  }
}

function open(config: Partial<typeof NONE>) {
  const [store, clock, log] = [new Store(), new FakeClock(), new FakeLog()];
  return { store, clock, log, limits: new SharedLimits({ ...NONE, ...config }, { store, clock, log }) };
}

async function outcome(admitted: Promise<unknown>): Promise<string> {
  const error = await admitted.then(
    () => "in",
    (thrown: unknown) => thrown,
  );
  return error instanceof AuthError ? `${error.status} ${error.code} ${error.headers["Retry-After"]}` : String(error);
}

test("what stands against a request is refused as the embedded limits do", async () => {
  const { store, limits } = open({ requestsPerMinute: 1 });
  const answers: [Taken, string][] = [
    [{}, "in"],
    [{ limit: "requests", seconds: 29.2 }, "429 rate_limited 30"],
    [{ limit: "tokens", seconds: 31 }, "429 tokens_limited 31"],
    [{ limit: "concurrent", seconds: 0.1 }, "429 too_many_concurrent 1"],
  ];
  for (const [answer, wanted] of answers) {
    store.answer = answer;
    expect(await outcome(limits.admit("a"))).toBe(wanted);
  }
});

test("a store that does not answer lets nobody in", async () => {
  const { store, limits } = open({ concurrent: 1 });
  store.down = true;
  expect(await outcome(limits.admit("a"))).toBe("Error: store is down");
});

test("places are renewed while requests run, and given back once", async () => {
  const { store, clock, limits } = open({ concurrent: 2 });
  const release = await limits.admit("a");
  await limits.admit("b");
  await clock.advance(PLACE_MS / 3);
  release();
  release();
  await clock.advance(PLACE_MS / 3);
  expect(store.told).toEqual(["take a", "take b", "renew a,b", "release a", "renew b"]);
});

test("with nothing running nothing is renewed", async () => {
  const { store, clock, limits } = open({ concurrent: 2 });
  (await limits.admit("a"))();
  await clock.advance(10 * PLACE_MS);
  expect(store.told).toEqual(["take a", "release a"]);
});

test("a place or tokens that cannot be told of are said, and break nothing", async () => {
  const { store, clock, log, limits } = open({ concurrent: 1, tokensPerMinute: 10 });
  const release = await limits.admit("a");
  store.down = true;
  release();
  limits.spend("a", 5);
  await clock.advance(0);
  expect(log.lines.map(({ message }) => message)).toEqual([
    "a place is free only when it expires",
    "a caller's tokens were not counted",
  ]);
});

test("no limits: the store is not asked", async () => {
  const { store, limits } = open({});
  (await limits.admit("a"))();
  limits.spend("a", 1e9);
  expect(store.told).toEqual([]);
});
