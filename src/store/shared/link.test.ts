import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { Link } from "./link.ts";
import type { StoreKind } from "./store.ts";

const TIMEOUT_MS = 1000;
const SECRET = "canary-3c1a";

/** A server that opens, checks and answers as it is told. */
class Server implements StoreKind<number> {
  opened = 0;
  readonly closed: number[] = [];
  state: "up" | "hangs" | "down" = "up";

  answer<T>(value: T): Promise<T> {
    if (this.state === "hangs") return new Promise(() => {});
    return this.state === "up" ? Promise.resolve(value) : Promise.reject(new Error("connection refused"));
  }

  open(): Promise<number> {
    return this.answer(++this.opened);
  }

  async check(): Promise<void> {
    await this.answer(true);
  }

  close(connection: number): void {
    this.closed.push(connection);
  }
}

async function open(state: Server["state"] = "up") {
  const [server, clock, log] = [new Server(), new FakeClock(), new FakeLog()];
  server.state = state;
  const limits = { requestsPerMinute: 0, tokensPerMinute: 0, concurrent: 0 };
  const url = `redis://user:${SECRET}@store.lan:6379/3`;
  const options = { url, timeout: TIMEOUT_MS, prefix: "fxn", keepMs: 1, maxPerScope: 1, limits, clock, log };
  const link = new Link(server, options);
  await clock.advance(0);
  const asked: string[] = [];
  const ask = (work = () => server.answer("yes")) =>
    link.ask("asking", work).then(
      (answer) => asked.push(answer),
      (error: { code: string; status: number; headers: object }) =>
        asked.push(`${error.status} ${error.code} ${JSON.stringify(error.headers)}`),
    );
  return { server, clock, log, link, asked, ask };
}

const REFUSED = `503 store_unavailable {"Retry-After":"1"}`;

describe("link to a store", () => {
  test("hang: a call is refused at the timeout and not before, and a new connection serves the next", async () => {
    const { server, clock, link, asked, ask } = await open();
    server.state = "hangs";
    void ask();
    await clock.advance(TIMEOUT_MS - 1);
    expect(asked).toEqual([]);
    await clock.advance(1);
    expect(asked).toEqual([REFUSED]);
    await clock.advance(TIMEOUT_MS);
    expect(link.trouble()).toBe("store redis://store.lan:6379 does not answer: no answer within 1000 ms");
    server.state = "up";
    await clock.advance(5000);
    await ask();
    expect([asked.at(-1), link.trouble()]).toEqual(["yes", undefined]);
    expect(server.closed).toContain(1);
  });

  test("an answer that comes after the timeout lets nobody in", async () => {
    const { clock, asked, ask } = await open();
    const late = Promise.withResolvers<string>();
    void ask(() => late.promise);
    await clock.advance(TIMEOUT_MS);
    late.resolve("yes");
    await clock.advance(10);
    expect(asked).toEqual([REFUSED]);
  });

  test("whoever has waited before asking waits less then", async () => {
    const { clock, link } = await open();
    const since = clock.monotonic();
    await clock.advance(TIMEOUT_MS - 100);
    let refused = false;
    link
      .ask("asking", () => new Promise(() => {}), since)
      .catch(() => {
        refused = true;
      });
    await clock.advance(99);
    expect(refused).toBeFalse();
    await clock.advance(1);
    expect(refused).toBeTrue();
  });

  test("while it is known to be down nobody waits, and it is tried again and again", async () => {
    const { server, clock, asked, ask } = await open("down");
    await ask();
    expect(asked).toEqual([REFUSED]);
    const before = server.opened;
    await clock.advance(60_000);
    expect(server.opened - before).toBeWithin(25, 40);
    server.state = "up";
    await clock.advance(2000);
    await ask();
    expect(asked.at(-1)).toBe("yes");
  });

  test("a store that dies while nobody asks is noticed, and said once", async () => {
    const { server, clock, log, link } = await open();
    server.state = "down";
    await clock.advance(1000);
    expect(link.trouble()).toContain("connection refused");
    await clock.advance(10_000);
    expect(log.lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  test("one refused call on a sound connection leaves it in use", async () => {
    const { server, clock, link, asked, ask } = await open();
    await ask(() => Promise.reject(new Error("out of memory")));
    await clock.advance(10);
    await ask();
    expect([asked, server.opened, link.trouble()]).toEqual([[REFUSED, "yes"], 1, undefined]);
  });

  test("a connection that is opened too late is closed", async () => {
    const { server, clock } = await open("hangs");
    const late = Promise.withResolvers<number>();
    server.open = () => late.promise;
    await clock.advance(TIMEOUT_MS + 100 + TIMEOUT_MS);
    late.resolve(99);
    await clock.advance(0);
    expect(server.closed).toContain(99);
  });

  test("closed: nothing is opened any more and everything is refused", async () => {
    const { server, clock, link, asked, ask } = await open();
    link.close();
    await clock.advance(60_000);
    await ask();
    expect([server.opened, server.closed, asked]).toEqual([1, [1], [REFUSED]]);
  });

  test("user, password and database are in no message", async () => {
    const { log, link } = await open("down");
    const error = await link.ask("asking", async () => 1).catch((thrown: unknown) => thrown);
    const said = JSON.stringify([log.lines, link.trouble(), Object(error).hint, String(error)]);
    expect(said).toContain("store.lan");
    expect(said).not.toContain(SECRET);
    expect(said).not.toContain("user");
  });
});
