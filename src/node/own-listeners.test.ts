import { afterEach, expect, test } from "bun:test";
import { connect } from "node:tls";
import { Authority } from "../../test/fakes/authority.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import type { OwnListen, TlsTexts } from "../core/network.ts";
import { mayOverlap, type OwnListener, OwnListeners } from "./own-listeners.ts";

const authority = new Authority();
const open: OwnListener[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

const at = (readTls: () => TlsTexts | undefined = () => undefined): OwnListen => ({
  ...{ host: "127.0.0.1", port: 0, path: "", tls: readTls(), readTls },
  failure: () => new Response(),
});

function setUp() {
  const clock = new FakeClock();
  const log = new FakeLog();
  const listeners = new OwnListeners(clock, log);
  const take = async (answer: () => Promise<Response>, where = at()) => {
    const listener = await listeners.take("toy", where, answer);
    open.push(listener);
    return listener;
  };
  return { clock, log, take };
}

test("another session takes over: calls go there at once, those before end where they began, and only the last one closes", async () => {
  const { clock, take } = setUp();
  const { promise: slow, resolve: end } = Promise.withResolvers<Response>();
  const called = Promise.withResolvers<void>();
  const first = await take(() => {
    called.resolve();
    return slow;
  });
  const url = `http://127.0.0.1:${first.port}/`;
  const early = fetch(url).then((response) => response.text());
  await called.promise;
  const second = await take(async () => new Response("second"));
  expect([second.port, first.replaced, second.replaced]).toEqual([first.port, true, false]);
  expect(await (await fetch(url)).text()).toBe("second");
  let drained = false;
  const draining = first.drain(5000).then(() => {
    drained = true;
  });
  await clock.advance(1000);
  expect(drained).toBeFalse();
  end(new Response("first"));
  expect(await early).toBe("first");
  await clock.advance(20);
  await draining;
  await first.stop();
  expect(await (await fetch(url)).text()).toBe("second");
  await second.stop();
  await expect(fetch(url)).rejects.toThrow();
});

test("certificate files that change are taken while it serves; those that are wrong are not, and it is said whose they are", async () => {
  const { clock, log, take } = setUp();
  const texts = (name: string): TlsTexts => ({ ...authority.issue({ name }), clientCa: undefined });
  let files: () => TlsTexts = () => first;
  const first = texts("first");
  const { port } = await take(
    async () => new Response("hi"),
    at(() => files()),
  );
  const met = () =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, ca: authority.cert }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      });
      socket.on("error", reject);
    });
  expect(await met()).toBe("first");
  files = () => {
    throw new Error("the key is gone");
  };
  await clock.advance(5000);
  await clock.advance(5000);
  expect(await met()).toBe("first");
  expect(JSON.stringify(log.lines)).toContain("the key is gone");
  expect(log.lines.find(({ level }) => level === "error")?.fields).toMatchObject({ network: "toy" });
  const second = texts("second");
  files = () => second;
  for (let i = 0; i < 200 && !log.lines.some(({ message }) => message === "certificate renewed"); i++) {
    await clock.advance(500);
    await Bun.sleep(5);
  }
  expect(await met()).toBe("second");
}, 30_000);

test("which may be there side by side", () => {
  const tls = at(() => authority.issue({ name: "x" }));
  const same = { ...at(), port: 7 };
  expect([
    mayOverlap(same, same),
    mayOverlap(same, { ...same, port: 8 }),
    mayOverlap(same, { ...same, host: "0.0.0.0" }),
    mayOverlap(same, { ...tls, port: 7 }),
  ]).toEqual([true, true, false, false]);
});

test("with TLS, another certificate may take over; other authorities of callers wait for the former's end, unless they were renewed there as well", () => {
  const files = authority.issue({ name: "x" });
  const letting = (clientCa: string | undefined, now = () => clientCa): OwnListen => ({
    ...{ ...at(), port: 7, tls: { ...files, clientCa } },
    readTls: () => ({ ...files, clientCa: now() }),
  });
  const gone = () => {
    throw new Error("the file is gone");
  };
  const open = letting(undefined);
  expect([
    mayOverlap(open, { ...open, tls: authority.issue({ name: "y" }) }),
    mayOverlap(open, letting("a")),
    mayOverlap(letting("a"), open),
    mayOverlap(letting("a"), letting("b")),
    mayOverlap(letting("a"), letting("a")),
    mayOverlap(
      letting("a", () => "b"),
      letting("b"),
    ),
    mayOverlap(letting("a", gone), open),
  ]).toEqual([true, false, false, false, true, true, false]);
});
