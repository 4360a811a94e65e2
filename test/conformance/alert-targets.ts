// What each kind of target of alerts promises: its message and link, who is tried again, who is told once, and what is never said.
import { afterEach, describe, expect, test } from "bun:test";
import { Delivery } from "../../src/alerts/delivery.ts";
import { openTargets } from "../../src/alerts/targets/index.ts";
import { alerts as schema } from "../../src/config/watch-settings.ts";
import { systemClock } from "../../src/core/clock.ts";
import { createFetch } from "../../src/lib/fetch.ts";
import { until } from "../e2e/until.ts";
import { notice } from "../fakes/alerts.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeLog } from "../fakes/log.ts";

export interface TargetKind {
  readonly name: string;
  /** The `alerts` section that names one at this server, with every secret that the kind has; each holds "canary". */
  readonly settings: (url: string) => object;
  /** What it answers when it has taken a message. */
  readonly taken: () => Response;
  /** How it says that a message is too soon; undefined: by the header Retry-After alone. */
  readonly tooSoon?: (seconds: number) => Response;
}

const HOUR = 60 * 60_000;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

export function alertTargetConformance(kind: TargetKind): void {
  function setUp(answer: (count: number) => Response) {
    const bodies: string[] = [];
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      async fetch(request) {
        bodies.push(await request.text());
        return answer(bodies.length);
      },
    });
    const [clock, log] = [new FakeClock(), new FakeLog()];
    const counts: Record<string, number> = {};
    const ports = {
      fetch: createFetch(systemClock),
      node: "gpu-1",
      version: "1.2.3",
      explain: () => undefined,
      now: () => clock.now(),
    };
    const settings = schema.parse({
      ...kind.settings(`http://127.0.0.1:${server.port}`),
      linkBase: "https://d.example",
    });
    const [target, ...others] = openTargets(settings, ports);
    expect(others).toEqual([]);
    const delivery = new Delivery(target ?? expect.unreachable(), {
      ...{ clock, log },
      count: (_, outcome) => {
        counts[outcome] = (counts[outcome] ?? 0) + 1;
      },
    });
    const ending = new AbortController();
    const run = delivery.run(ending.signal);
    cleanups.push(async () => {
      ending.abort();
      await run;
      await server.stop(true);
    });
    /** Until that many attempts have ended, each as it may. */
    const ended = (count: number) => until(() => (counts.sent ?? 0) + (counts.failed ?? 0) === count);
    const said = () => JSON.stringify([log.lines, delivery.state(), Object.keys(counts), target?.name]);
    return { bodies, server, clock, log, counts, delivery, ended, said };
  }
  const [alert] = notice("backend.answers").alerts;
  const message = { at: 0, alerts: [{ ...alert!, link: "https://d.example/README.md#check-backend-answers" }] };

  describe(`a target of alerts: ${kind.name}`, () => {
    test("gets one message with the check, what was found, what to do and the link", async () => {
      const { bodies, counts, delivery, ended, said } = setUp(kind.taken);
      let taken = 0;
      delivery.add(message, () => taken++);
      await ended(1);
      for (const part of ["backend.answers", "it is not", "mend it", message.alerts[0]?.link ?? "", "gpu-1"]) {
        expect(bodies[0]).toContain(part);
      }
      expect([taken, counts, bodies.length]).toEqual([1, { sent: 1 }, 1]);
      expect(said()).not.toContain("canary");
    });

    test("that answers 5xx is tried again with growing waits, in order", async () => {
      const { clock, counts, delivery, ended, said } = setUp((count) =>
        count <= 3 ? new Response("canary", { status: 503 }) : kind.taken(),
      );
      for (const one of [message, notice("disk.free")]) delivery.add(one, () => {});
      for (const [tries, waitMs] of [
        [1, 1000],
        [2, 2000],
        [3, 4000],
      ] as const) {
        await ended(tries);
        expect(delivery.state()).toMatchObject({ lastError: expect.stringMatching(/answered 503$/), waiting: 2 });
        await clock.advance(waitMs - 1);
        expect(counts.failed).toBe(tries);
        await clock.advance(1);
      }
      await ended(5);
      expect(counts).toEqual({ failed: 3, sent: 2 });
      expect(said()).not.toContain("canary");
    });

    test("that answers 4xx is told once, and the next message is sent", async () => {
      const { bodies, clock, log, counts, delivery, ended, said } = setUp((count) =>
        count === 1 ? new Response("canary", { status: 403 }) : kind.taken(),
      );
      delivery.add(message, () => {});
      await ended(1);
      await clock.advance(HOUR);
      expect(bodies.length).toBe(1);
      expect(log.lines.map(({ message }) => message)).toEqual(["an alert was not taken"]);
      delivery.add(notice("disk.free"), () => {});
      await ended(2);
      expect(counts).toEqual({ failed: 1, dropped: 1, sent: 1 });
      expect(delivery.state().lastError).toBeNull();
      expect(said()).not.toContain("canary");
    });

    const slowly = (seconds: number) => new Response("", { status: 429, headers: { "retry-after": `${seconds}` } });
    for (const [how, tooSoon] of [
      ["the header", slowly],
      ...(kind.tooSoon ? [["its own words", kind.tooSoon]] : []),
    ] as [string, (seconds: number) => Response][]) {
      test(`that answers 429 is left alone for as long as ${how} say`, async () => {
        const { clock, counts, delivery, ended } = setUp((count) => (count === 1 ? tooSoon(90) : kind.taken()));
        delivery.add(message, () => {});
        await ended(1);
        await clock.advance(89_999);
        expect(counts).toEqual({ failed: 1 });
        await clock.advance(1);
        await ended(2);
        expect(counts).toEqual({ failed: 1, sent: 1 });
      });
    }

    test("that redirects is not followed: secrets go to nobody else", async () => {
      const elsewhere = { location: "/canary" };
      const { bodies, delivery, ended, said } = setUp(() => new Response("", { status: 307, headers: elsewhere }));
      delivery.add(message, () => {});
      await ended(1);
      expect(bodies.length).toBe(1);
      expect(said()).not.toContain("canary");
    });

    test("that is not there is tried again, and only its host is named", async () => {
      const { server, clock, counts, delivery, ended, said } = setUp(kind.taken);
      await server.stop(true);
      delivery.add(message, () => {});
      await ended(1);
      await clock.advance(1000);
      await ended(2);
      expect(counts).toEqual({ failed: 2 });
      expect(delivery.state().lastError).toMatch(/127\.0\.0\.1:\d+: connection refused$/);
      expect(said()).not.toContain("canary");
    });
  });
}
