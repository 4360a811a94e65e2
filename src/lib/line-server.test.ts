import { afterEach, describe, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { type LineServer, openLineServer } from "./line-server.ts";

let server: LineServer | undefined;
afterEach(() => server?.close());

async function open(limits = {}) {
  const all = { maxLineBytes: 64, idleMs: 60_000, maxConnections: 4, ...limits };
  server = await openLineServer({ host: "127.0.0.1", port: 0 }, all, (line) => `<${line}>`);
  return server.port;
}

function client(port: number) {
  const socket: Socket = connect(port, "127.0.0.1");
  let text = "";
  const closed = new Promise<string>((resolve) => socket.on("close", () => resolve(text)));
  socket.on("error", () => {});
  socket.on("data", (data) => {
    text += data.toString();
  });
  const until = async (wanted: string) => {
    while (!text.includes(wanted)) await Bun.sleep(1);
    return text;
  };
  return { socket, closed, until };
}

describe("lines", () => {
  test("each is answered, in order, however they are cut; empty ones are none", async () => {
    const { socket, until } = client(await open());
    socket.write("a\nb");
    await until("<a>\n");
    socket.write("c\r\n\n\nd\n");
    expect(await until("<d>")).toBe("<a>\n<bc>\n<d>\n");
    socket.end();
  });

  test("a line without end closes the connection", async () => {
    const { socket, closed } = client(await open());
    socket.write("x".repeat(100));
    expect(await closed).toBe("");
  });

  test("a long line closes it, too", async () => {
    const { socket, closed } = client(await open());
    socket.write(`${"x".repeat(100)}\n`);
    expect(await closed).toBe("");
  });

  test("who says nothing is let go", async () => {
    const { closed } = client(await open({ idleMs: 50 }));
    expect(await closed).toBe("");
  });

  test("one connection more than the cap is closed", async () => {
    const port = await open({ maxConnections: 2 });
    const first = client(port);
    const second = client(port);
    first.socket.write("1\n");
    second.socket.write("2\n");
    await first.until("<1>");
    await second.until("<2>");
    const third = client(port);
    third.socket.write("3\n");
    expect(await third.closed).toBe("");
  });

  test("closing it closes what is open", async () => {
    const { closed, socket, until } = client(await open());
    socket.write("1\n");
    await until("<1>");
    await server?.close();
    expect(await closed).toBe("<1>\n");
  });
});
