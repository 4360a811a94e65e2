// A proxy that somebody else wrote: microsocks, with and without credentials.
import { describe, expect, test } from "bun:test";
import { systemClock } from "../core/clock.ts";
import { FetchError } from "./fetch.ts";
import { connectThrough, type SocksCredentials, SocksError } from "./socks.ts";
import { createSocksFetch } from "./socks-fetch.ts";

const missing = Bun.which("microsocks") === null ? " (skipped: microsocks is not installed)" : "";
const LIMITS = { timeoutMs: 10_000, maxBytes: 1000 };
const credentials = { user: "me", password: "secret" };
const never = new AbortController().signal;

function freePort(): number {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  server.stop(true);
  return server.port;
}

async function withMicrosocks(args: readonly string[], use: (port: number) => Promise<void>): Promise<void> {
  const port = freePort();
  const child = Bun.spawn(["microsocks", "-i", "127.0.0.1", "-p", String(port), ...args], {
    stdout: "ignore",
    stderr: "ignore",
  });
  try {
    for (let tries = 0; ; tries++) {
      const open = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data: () => undefined } }).catch(
        () => undefined,
      );
      open?.terminate();
      if (open) break;
      if (tries > 200) throw new Error("microsocks does not listen");
      await Bun.sleep(20);
    }
    await use(port);
  } finally {
    child.kill();
    await child.exited;
  }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    return error instanceof SocksError || error instanceof FetchError ? error.code : String(error);
  }
}

describe.skipIf(missing !== "")(`microsocks${missing}`, () => {
  test("fetches by name and by address, and says what is not there", async () => {
    const web = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("hello") });
    await withMicrosocks([], async (port) => {
      const fetch = createSocksFetch({ host: "127.0.0.1", port }, systemClock);
      for (const host of ["localhost", "127.0.0.1"])
        expect((await fetch(`http://${host}:${web.port}/`, LIMITS)).status).toBe(200);
      expect(await codeOf(fetch(`http://127.0.0.1:${freePort()}/`, LIMITS))).toBe("fetch_failed");
    });
    await web.stop(true);
  });

  test("takes its own credentials and no others", async () => {
    const web = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("hello") });
    const target = { host: "127.0.0.1", port: web.port ?? 0 };
    await withMicrosocks(["-u", credentials.user, "-P", credentials.password], async (port) => {
      const ask = (more: { credentials?: SocksCredentials }) =>
        connectThrough({ host: "127.0.0.1", port, ...more }, target, never).then((socket) => socket.destroy());
      expect(await codeOf(ask({ credentials }))).toBe("none");
      expect(await codeOf(ask({ credentials: { user: "me", password: "other" } }))).toBe("socks_denied");
      expect(await codeOf(ask({}))).toBe("socks_denied");
    });
    await web.stop(true);
  });
});
