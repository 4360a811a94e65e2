// The outbound request that strangers steer, against servers on this machine that do their worst.
import { afterEach, describe, expect, test } from "bun:test";
import net from "node:net";
import tls from "node:tls";
import { AUTHORITY, CERTIFICATE, CERTIFICATE_KEY } from "../../test/fakes/certificate.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { createReach, type ReachPorts } from "./reach.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const redirect = (location: string, status = 302) => `HTTP/1.1 ${status} Found\r\nLocation: ${location}\r\n\r\n`;
const never = new AbortController().signal;
const PUBLIC = "93.184.215.14";

/** A text is the whole answer; a function gets the socket and the request's head. */
type Script = string | ((socket: net.Socket, head: string) => void);

interface RawServer {
  readonly port: number;
  /** The heads of the requests. */
  readonly heads: string[];
  connections: number;
  /** Resolves when a request has come. */
  readonly asked: Promise<void>;
  /** Resolves when a connection has closed. */
  readonly closed: Promise<void>;
}

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

async function serve(script: Script, secure = false): Promise<RawServer> {
  const asked = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const sockets = new Set<net.Socket>();
  const onConnection = (socket: net.Socket) => {
    state.connections++;
    sockets.add(socket);
    let head = "";
    socket.on("error", () => {});
    socket.on("close", () => closed.resolve());
    socket.on("data", (data) => {
      head += data.toString("latin1");
      if (!head.endsWith("\r\n\r\n")) return;
      state.heads.push(head);
      asked.resolve();
      if (typeof script === "string") socket.end(script);
      else script(socket, head);
      head = "";
    });
  };
  const server = secure
    ? tls.createServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY }, onConnection)
    : net.createServer(onConnection);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const state: RawServer = {
    port: address.port,
    heads: [],
    connections: 0,
    asked: asked.promise,
    closed: closed.promise,
  };
  cleanups.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return state;
}

/** Writes for as long as the other side takes it; tells how much that was. */
function flood(socket: net.Socket, piece: string): () => number {
  let bytes = 0;
  const pump = () => {
    while (!socket.destroyed) {
      bytes += piece.length;
      if (!socket.write(piece)) return;
    }
  };
  socket.on("drain", pump);
  pump();
  return () => bytes;
}

/** Every name is at 127.0.0.1 unless said otherwise, and "public" names may be reached there. */
function rig(ports: Partial<ReachPorts> = {}) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const resolved: string[] = [];
  const names: Record<string, readonly string[]> = {};
  const reach = createReach({
    allowedHosts: ["public.example"],
    clock,
    log,
    resolve: async (name) => {
      resolved.push(name);
      return names[name] ?? ["127.0.0.1"];
    },
    ...ports,
  });
  const reachable = (url: string, signal = never) => reach(url, signal);
  const reasons = () => log.lines.map(({ fields }) => fields.reason);
  return { reachable, clock, log, names, resolved, reasons };
}

describe("reach", () => {
  test("one GET without credentials, asked of the very address, with the name in Host", async () => {
    const server = await serve(OK);
    const { reachable, resolved } = rig();
    expect(await reachable(`http://PUBLIC.example:${server.port}/a%20b?c=d#fragment`)).toBeTrue();
    expect(server.heads).toEqual([
      `GET /a%20b?c=d HTTP/1.1\r\nHost: public.example:${server.port}\r\nUser-Agent: fxn\r\nAccept: */*\r\nConnection: close\r\n\r\n`,
    ]);
    expect(resolved).toEqual(["public.example"]);
    await server.closed;
  });

  test("2xx is reachable, everything else is not", async () => {
    const statuses = [200, 201, 204, 206, 299, 300, 301, 304, 400, 401, 404, 500, 503];
    const answers = await Promise.all(
      statuses.map(async (status) => {
        const server = await serve(`HTTP/1.1 ${status} Whatever\r\nContent-Length: 0\r\n\r\n`);
        return rig().reachable(`http://public.example:${server.port}/`);
      }),
    );
    expect(statuses.filter((_, at) => answers[at])).toEqual([200, 201, 204, 206, 299]);
  });

  test("what is not HTTP, an answer that never comes, a protocol switched to, and nobody there", async () => {
    const switched = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n";
    for (const script of ["SSH-2.0-OpenSSH\r\n\r\n", "<html>", "", "HTTP/1.1 200", switched]) {
      const server = await serve(script);
      expect(await rig().reachable(`http://public.example:${server.port}/`)).toBeFalse();
    }
    const reset = await serve((socket) => socket.resetAndDestroy());
    expect(await rig().reachable(`http://public.example:${reset.port}/`)).toBeFalse();
    const gone = rig();
    expect(await gone.reachable("http://public.example:1/")).toBeFalse();
    expect(gone.reasons()).toEqual(["ECONNREFUSED"]);
  });

  test("a name that does not resolve, or to nothing", async () => {
    const failing = rig({ resolve: () => Promise.reject(Object.assign(new Error("x"), { code: "ENOTFOUND" })) });
    expect([await failing.reachable("http://a.example/"), failing.reasons()]).toEqual([false, ["ENOTFOUND"]]);
    const empty = rig({ resolve: async () => [] });
    expect([await empty.reachable("http://a.example/"), empty.reasons()]).toEqual([false, ["no address"]]);
  });

  test("the system's own resolver, by default", async () => {
    const server = await serve(OK);
    const ports = { clock: new FakeClock(), log: new FakeLog() };
    const url = `http://localhost:${server.port}/`;
    expect(await createReach({ ...ports, allowedHosts: ["localhost"] })(url, never)).toBeTrue();
    expect(await createReach({ ...ports, allowedHosts: [] })(url, never)).toBeFalse();
    expect(server.connections).toBe(1);
  });

  test("another address of the name is tried when one does not answer, four at most", async () => {
    const server = await serve(OK);
    const { reachable, names } = rig({ isPublic: () => true });
    names["two.example"] = ["127.0.0.2", "127.0.0.1"];
    expect(await reachable(`http://two.example:${server.port}/`)).toBeTrue();
    names["many.example"] = [2, 3, 4, 5, 1].map((last) => `127.0.0.${last}`);
    expect(await reachable(`http://many.example:${server.port}/`)).toBeFalse();
    expect(server.connections).toBe(1);
  });

  test("redirects are followed, five at most", async () => {
    const counted = (socket: net.Socket, head: string) => {
      const left = Number(/^GET \/(\d)/.exec(head)?.[1]);
      socket.end(left === 0 ? OK : redirect(`/${left - 1}`, [301, 302, 303, 307, 308][left % 5]));
    };
    const server = await serve(counted);
    expect(await rig().reachable(`http://public.example:${server.port}/5`)).toBeTrue();
    const { reachable, reasons } = rig();
    expect(await reachable(`http://public.example:${server.port}/6`)).toBeFalse();
    expect(reasons()).toEqual(["more than 5 redirects"]);
    expect(server.heads.length).toBe(12);
  });

  test("an allowed host with a port is allowed on that port only", async () => {
    const [mine, other] = [await serve(OK), await serve(OK)];
    const { reachable } = rig({ allowedHosts: [`a.example:${mine.port}`, "b.example:80", "[::1]:1"] });
    expect(await reachable(`http://a.example:${mine.port}/`)).toBeTrue();
    expect(await reachable(`http://a.example:${other.port}/`)).toBeFalse();
    expect(await reachable(`http://b.example:${other.port}/`)).toBeFalse();
    expect(await reachable(`http://sub.a.example:${mine.port}/`)).toBeFalse();
    expect(other.connections).toBe(0);
  });

  test("the caller's signal ends it, before, in the resolver and while the server is silent", async () => {
    const aborted = { code: "reach_aborted", status: 499 };
    const server = await serve(() => {});
    const { reachable } = rig();
    const url = `http://public.example:${server.port}/`;
    await expect(reachable(url, AbortSignal.abort())).rejects.toMatchObject(aborted);
    const controller = new AbortController();
    const pending = reachable(url, controller.signal);
    await server.asked;
    controller.abort();
    await expect(pending).rejects.toMatchObject(aborted);
    await server.closed;
    const second = new AbortController();
    const stuck = rig({ resolve: () => new Promise(() => {}) }).reachable(url, second.signal);
    second.abort();
    await expect(stuck).rejects.toMatchObject(aborted);
  });

  test("the log has the host and the reason, nothing else of the URL or the answer", async () => {
    const server = await serve(redirect("nonsense://canary@canary/canary?canary"));
    const { reachable, log } = rig();
    await reachable(`http://public.example:${server.port}/canary?canary`);
    await reachable("http://canary:canary@public.example/");
    await reachable("canary");
    expect(log.lines.map(({ level, fields }) => [level, fields.host, fields.reason])).toEqual([
      ["debug", "canary", "nonsense: is not HTTP"],
      ["debug", "public.example", "a user or password in the URL"],
      ["debug", "", "no URL"],
    ]);
  });
});

describe("attacks on where it goes", () => {
  test("attack: DNS rebinding: the name is asked once, and the answer that was checked is the one that is used", async () => {
    const server = await serve(OK);
    let asked = 0;
    const resolve = async () => [asked++ === 0 ? "127.0.0.1" : "127.0.0.9"];
    const { reachable } = rig({ resolve, isPublic: (address) => address === "127.0.0.1" });
    expect(await reachable(`http://rebind.example:${server.port}/`)).toBeTrue();
    expect([asked, server.connections]).toEqual([1, 1]);
    expect(await reachable(`http://rebind.example:${server.port}/`)).toBeFalse();
    expect([asked, server.connections]).toEqual([2, 1]);
  });

  test("attack: DNS rebinding between two hops: the same name is judged again", async () => {
    const internal = await serve(OK);
    const server = await serve(redirect(`http://rebind.example:${internal.port}/`));
    let asked = 0;
    const resolve = async () => [asked++ === 0 ? "127.0.0.1" : "127.0.0.9"];
    const { reachable, reasons } = rig({ resolve, isPublic: (address) => address === "127.0.0.1" });
    expect(await reachable(`http://rebind.example:${server.port}/`)).toBeFalse();
    expect([asked, internal.connections, reasons()]).toEqual([2, 0, ["an address that is not public"]]);
  });

  test("attack: mixed records: one special address among public ones, at any place, refuses the name", async () => {
    const server = await serve(OK);
    const { reachable, names } = rig();
    for (const special of ["127.0.0.1", "10.0.0.1", "::1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "fe80::1%eth0"]) {
      names["mixed.example"] = [PUBLIC, special];
      expect(await reachable(`http://mixed.example:${server.port}/`)).toBeFalse();
      names["mixed.example"] = [special, PUBLIC];
      expect(await reachable(`http://mixed.example:${server.port}/`)).toBeFalse();
    }
    expect(server.connections).toBe(0);
  });

  test("attack: loopback in every spelling that a URL has for it", async () => {
    const server = await serve(OK);
    const spellings = [
      "127.0.0.1",
      "2130706433",
      "0x7f000001",
      "0177.0.0.1",
      "0x7f.1",
      "127.1",
      "127.0.0.1.",
      "127。0。0。1",
      "①②⑦.0.0.1",
      "%31%32%37.0.0.1",
      "0",
      "0.0.0.0",
      "[::]",
      "[::1]",
      "[0:0:0:0:0:0:0:1]",
      "[::127.0.0.1]",
      "[::ffff:127.0.0.1]",
      "[::ffff:7f00:1]",
      "[64:ff9b::127.0.0.1]",
      "[2002:7f00:1::]",
      "localhost",
      "LOCALHOST.",
    ];
    const { reachable, resolved, reasons } = rig();
    for (const host of spellings) expect(await reachable(`http://${host}:${server.port}/`)).toBeFalse();
    // Names go to the resolver; no number, however it is spelt, does.
    expect(resolved).toEqual(["localhost", "localhost."]);
    expect(new Set(reasons())).toEqual(new Set(["an address that is not public"]));
    expect(server.connections).toBe(0);
  });

  test("attack: metadata: the clouds' own addresses, by number and by name", async () => {
    const { reachable, names, reasons } = rig();
    names["metadata.google.internal"] = ["169.254.169.254"];
    for (const host of ["169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "metadata.google.internal"]) {
      expect(await reachable(`http://${host}/latest/meta-data/`)).toBeFalse();
    }
    expect(new Set(reasons())).toEqual(new Set(["an address that is not public"]));
  });

  test("attack: redirect to loopback, with and without a name, from http and from https", async () => {
    const internal = await serve(OK);
    for (const host of ["127.0.0.1", "internal.example", "[::ffff:127.0.0.1]", "2130706433"]) {
      for (const secure of [false, true]) {
        const server = await serve(redirect(`http://${host}:${internal.port}/`), secure);
        const allowedHosts = ["good.example"];
        const { reachable, reasons } = rig({ allowedHosts, ca: AUTHORITY });
        expect(await reachable(`${secure ? "https" : "http"}://good.example:${server.port}/`)).toBeFalse();
        expect(reasons()).toEqual(["an address that is not public"]);
      }
    }
    expect(internal.connections).toBe(0);
  });

  test("attack: redirect at the last of many hops", async () => {
    const internal = await serve(OK);
    const server = await serve((socket, head) => {
      const left = Number(/^GET \/(\d)/.exec(head)?.[1]);
      socket.end(redirect(left === 0 ? `//127.0.0.1:${internal.port}/` : `/${left - 1}`));
    });
    expect(await rig().reachable(`http://public.example:${server.port}/3`)).toBeFalse();
    expect([server.heads.length, internal.connections]).toEqual([4, 0]);
  });

  test("attack: redirect to what is not HTTP, to a password, to nonsense", async () => {
    for (const location of ["file:///etc/passwd", "ftp://public.example/", "data:,x", "gopher://127.0.0.1:25/", ""]) {
      const server = await serve(redirect(location));
      expect(await rig().reachable(`http://public.example:${server.port}/`)).toBeFalse();
    }
    const target = await serve(OK);
    for (const location of [`http://u:p@public.example:${target.port}/`, "http://[", "http://a b/"]) {
      const server = await serve(redirect(location));
      expect(await rig().reachable(`http://public.example:${server.port}/`)).toBeFalse();
    }
    expect(target.connections).toBe(0);
  });

  test("attack: userinfo: a URL that looks like one host and is another, or carries a password", async () => {
    const server = await serve(OK);
    const { reachable, reasons } = rig();
    for (const user of ["user", "user:pass", ":pass", "evil.example%2f"]) {
      expect(await reachable(`http://${user}@public.example:${server.port}/`)).toBeFalse();
    }
    expect(new Set(reasons())).toEqual(new Set(["a user or password in the URL"]));
    expect(server.connections).toBe(0);
  });

  test("attack: another protocol's port: mail, SSH and the like are not knocked at", async () => {
    const { reachable, resolved, reasons } = rig({ isPublic: () => true });
    for (const port of [22, 25, 6667, 0]) expect(await reachable(`http://a.example:${port}/`)).toBeFalse();
    expect([resolved, new Set(reasons()).size]).toEqual([[], 4]);
  });

  test("attack: cookies and credentials are not carried from hop to hop", async () => {
    const server = await serve((socket, head) =>
      socket.end(
        head.startsWith("GET /next")
          ? OK
          : redirect("/next").replace("\r\n\r\n", "\r\nSet-Cookie: a=b; Path=/\r\n\r\n"),
      ),
    );
    expect(await rig().reachable(`http://public.example:${server.port}/`)).toBeTrue();
    expect(server.heads[1]).toBe(server.heads[0]?.replace("GET /", "GET /next"));
  });
});

describe("attacks on time and memory", () => {
  /** What is asked, when its 5 s are over, with the server having got the request. */
  async function atDeadline(script: Script) {
    const server = await serve(script);
    const { reachable, clock, reasons } = rig();
    const pending = reachable(`http://public.example:${server.port}/`);
    await server.asked;
    let over = false;
    void pending.then(() => {
      over = true;
    });
    await clock.advance(4999);
    const early = over;
    await clock.advance(1);
    const answer = await pending;
    await server.closed;
    return { early, answer, reasons: reasons() };
  }
  const late = { early: false, answer: false, reasons: ["no answer within 5000 ms"] };

  test("attack: slow headers: silence, half a status line, headers without an end", async () => {
    expect(await atDeadline(() => {})).toEqual(late);
    expect(await atDeadline((socket) => socket.write("HTTP/1.1 2"))).toEqual(late);
    expect(await atDeadline((socket) => socket.write("HTTP/1.1 200 OK\r\nX-A: b\r\n"))).toEqual(late);
  });

  test("attack: slow names: the deadline covers the resolver", async () => {
    const { reachable, clock, reasons } = rig({ resolve: () => new Promise(() => {}) });
    const pending = reachable("http://a.example/");
    await clock.advance(5000);
    expect([await pending, reasons()]).toEqual([false, late.reasons]);
  });

  test("attack: slow redirects: the deadline is one for all hops", async () => {
    const silent = await serve(() => {});
    const { reachable, clock } = rig();
    const server = await serve(async (socket) => {
      await clock.advance(4000);
      socket.end(redirect(`http://public.example:${silent.port}/`));
    });
    const pending = reachable(`http://public.example:${server.port}/`);
    await silent.asked;
    await clock.advance(1000);
    expect(await pending).toBeFalse();
    await silent.closed;
  });

  test("attack: endless headers are cut", async () => {
    let sent = () => 0;
    const server = await serve((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      sent = flood(socket, `X-A: ${"b".repeat(1000)}\r\n`);
    });
    expect(await rig().reachable(`http://public.example:${server.port}/`)).toBeFalse();
    await server.closed;
    // What the sockets' own buffers take.
    expect(sent()).toBeLessThan(16e6);
  });

  test("attack: endless answers of 1xx are cut", async () => {
    const server = await serve((socket) => void flood(socket, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"));
    const { reachable, reasons } = rig();
    expect(await reachable(`http://public.example:${server.port}/`)).toBeFalse();
    expect(reasons()).toEqual(["no end of 1xx answers"]);
    await server.closed;
  });

  test("attack: endless body: the answer is known before it, and nothing of it is waited for", async () => {
    let sent = () => 0;
    const server = await serve((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      sent = flood(socket, "x".repeat(64 * 1024));
    });
    expect(await rig().reachable(`http://public.example:${server.port}/`)).toBeTrue();
    await server.closed;
    expect(sent()).toBeLessThan(16e6);
  });
});

describe("TLS", () => {
  const ports = { allowedHosts: ["good.example", "wrong.example", "127.0.0.1"], ca: AUTHORITY };

  test("a certificate for the name, or for the address when there is no name", async () => {
    const server = await serve(OK, true);
    expect(await rig(ports).reachable(`https://good.example:${server.port}/`)).toBeTrue();
    expect(await rig(ports).reachable(`https://127.0.0.1:${server.port}/`)).toBeTrue();
  });

  test("attack: TLS with the certificate of another host: the request is not sent", async () => {
    const server = await serve(OK, true);
    const { reachable, reasons } = rig(ports);
    expect(await reachable(`https://wrong.example:${server.port}/`)).toBeFalse();
    expect([reasons(), server.heads]).toEqual([["ERR_TLS_CERT_ALTNAME_INVALID"], []]);
  });

  test("attack: TLS with a certificate that nobody trusts, also when the environment says to accept it", async () => {
    const server = await serve(OK, true);
    const { ca: _, ...untrusting } = ports;
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    cleanups.push(() => {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    });
    for (const value of ["1", "0"]) {
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = value;
      expect(await rig(untrusting).reachable(`https://good.example:${server.port}/`)).toBeFalse();
    }
    expect(server.heads).toEqual([]);
  });
});
