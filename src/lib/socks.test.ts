// The SOCKS5 handshake byte for byte, names that stay names, and each way in which a proxy says no.
import { describe, expect, test } from "bun:test";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { fakeSocksServer } from "../../test/fakes/socks-server.ts";
import { connectThrough, SocksError, type SocksProxy, type SocksTarget } from "./socks.ts";

const never = new AbortController().signal;
const target: SocksTarget = { host: "abc.onion", port: 80 };
const at = (port: number, more: Partial<SocksProxy> = {}): SocksProxy => ({ host: "127.0.0.1", port, ...more });

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    return error instanceof SocksError ? error.code : String(error);
  }
}

async function echo(): Promise<{ port: number; close: () => void }> {
  const server = createServer((socket) => {
    socket.write("hello ");
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return { port: typeof address === "object" && address ? address.port : 0, close: () => server.close() };
}

async function heard(socket: Socket, length: number): Promise<string> {
  let text = "";
  while (text.length < length) text += String((await once(socket, "data"))[0]);
  return text;
}

describe("a connection through a proxy", () => {
  test("goes to a name that only the proxy knows, and loses nothing of what comes at once", async () => {
    const place = await echo();
    await using proxy = await fakeSocksServer({ places: { "abc.onion:80": place.port } });
    const socket = await connectThrough(at(proxy.port), target, never);
    socket.write("you");
    expect(await heard(socket, 9)).toBe("hello you");
    socket.destroy();
    place.close();
    expect(proxy.asked).toEqual([{ host: "abc.onion", port: 80, kind: "name", user: undefined, password: undefined }]);
  });

  test.each([
    ["203.0.113.7", "ipv4", "203.0.113.7"],
    ["2001:db8::1", "ipv6", "20010db8000000000000000000000001"],
    ["::ffff:1.2.3.4", "ipv6", "00000000000000000000ffff01020304"],
    ["1:2:3:4:5:6:7:8", "ipv6", "00010002000300040005000600070008"],
  ])("asks for the address %s as an address", async (host, kind, seen) => {
    await using proxy = await fakeSocksServer({ places: {} });
    expect(await codeOf(connectThrough(at(proxy.port), { host, port: 4001 }, never))).toBe("socks_refused");
    expect(proxy.asked[0]).toMatchObject({ host: seen, kind, port: 4001 });
  });

  test("shows its credentials, and is told when they are wrong or missing", async () => {
    const credentials = { user: "me", password: "secret" };
    await using proxy = await fakeSocksServer({ places: {}, credentials });
    expect(await codeOf(connectThrough(at(proxy.port, { credentials }), target, never))).toBe("socks_refused");
    expect(proxy.asked[0]).toMatchObject(credentials);
    const wrong = { user: "me", password: "other" };
    expect(await codeOf(connectThrough(at(proxy.port, { credentials: wrong }), target, never))).toBe("socks_denied");
    expect(await codeOf(connectThrough(at(proxy.port), target, never))).toBe("socks_denied");
  });
});

describe("a proxy that", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 0xf0])("answers %p does not connect", async (reply) => {
    await using proxy = await fakeSocksServer({ places: {}, reply });
    expect(await codeOf(connectThrough(at(proxy.port), target, never))).toBe("socks_refused");
  });

  test("is none is refused", async () => {
    await using proxy = await fakeSocksServer({ places: {}, says: "HTTP/1.1 400 Bad Request\r\n\r\n" });
    expect(await codeOf(connectThrough(at(proxy.port), target, never))).toBe("socks_invalid");
  });

  test("is not there is not reached", async () => {
    const gone = await fakeSocksServer({ places: {} });
    await gone[Symbol.asyncDispose]();
    expect(await codeOf(connectThrough(at(gone.port), target, never))).toBe("socks_unreachable");
  });

  test("never answers is left when the caller leaves", async () => {
    await using proxy = await fakeSocksServer({ places: {}, silent: true });
    const controller = new AbortController();
    const work = codeOf(connectThrough(at(proxy.port), target, controller.signal));
    setTimeout(() => controller.abort(), 50);
    expect(await work).toBe("socks_aborted");
  });
});

test.each([
  ["a proxy by its name", at(9050, { host: "localhost" }), target],
  ["a name with a space in it", at(9050), { host: "a b", port: 80 }],
  ["a name that is too long", at(9050), { host: "a".repeat(256), port: 80 }],
  ["an address with a scope", at(9050), { host: "fe80::1%eth0", port: 80 }],
])("%s is refused before anything is opened", async (_what, proxy, where) => {
  expect(await codeOf(connectThrough(proxy, where, never))).toBe("socks_invalid");
});
