// A renewal beside a node that has handed over and still ends its streams: that one gets no new connections.
import { afterEach, expect, test } from "bun:test";
import { connect } from "node:tls";
import { Authority } from "../../test/fakes/authority.ts";
import { systemClock } from "../core/clock.ts";
import { steerToLast } from "../lib/steer-connections.ts";
import type { TlsTexts } from "../lib/tls-files.ts";
import type { PublicListener } from "../server/listen.ts";
import { listenAlone } from "./listen-alone.ts";

const authority = new Authority();
const texts = (name: string): TlsTexts => ({ ...authority.issue({ name }), clientCa: undefined });
const open: PublicListener[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

async function node(name: string, port = 0, shared = false) {
  let renewBy = async (_: TlsTexts) => {};
  const certificate = {
    renewBy(how: typeof renewBy) {
      renewBy = how;
    },
  };
  const at = { host: "127.0.0.1", port, tls: texts(name), shared };
  const listener = await listenAlone(at, async () => new Response("hi"), certificate, systemClock);
  open.push(listener);
  return { listener, port: listener.port, renew: (to: string) => renewBy(texts(to)) };
}

function met(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, ca: authority.cert }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

/** Dealt out evenly, the chance that one of two is never met is one in a thousand million. */
async function allMet(port: number): Promise<Set<string>> {
  const names = new Set<string>();
  for (let i = 0; i < 30; i++) names.add(await met(port));
  return names;
}

test.skipIf(process.platform !== "linux")(
  "attack: the successor's certificate is renewed while the old process still ends its streams: new connections stay with the successor",
  async () => {
    const old = await node("old");
    const { listener, port, renew } = await node("first", old.port, true);
    // What the old one does when it makes way; it stays on the port.
    steerToLast(port, 1);
    expect(await allMet(port)).toEqual(new Set(["first"]));
    await renew("second");
    expect(await allMet(port)).toEqual(new Set(["second"]));
    await old.listener.leave(1);
    listener.alone();
    await renew("third");
    expect(await allMet(port)).toEqual(new Set(["third"]));
  },
  60_000,
);

test.skipIf(process.platform !== "linux")(
  "attack: a restart in the middle of a renewal: the old process does not take the connections back when the renewal ends",
  async () => {
    const old = await node("old");
    const renewed = old.renew("newer");
    await Bun.sleep(50);
    await node("successor", old.port, true);
    const madeWay = old.listener.makeWay(1, 60_000);
    await renewed;
    expect(await allMet(old.port)).toEqual(new Set(["successor"]));
    await madeWay;
    await old.listener.leave(1);
    expect(await allMet(old.port)).toEqual(new Set(["successor"]));
  },
  60_000,
);
