import { afterAll, describe, expect, test } from "bun:test";
import { steerNoMore, steerToLast, steerToOneOfLast } from "./steer-connections.ts";

const CONNECTIONS = 60;

describe.skipIf(process.platform !== "linux")("listeners of one port", () => {
  const servers = new Map<string, ReturnType<typeof Bun.serve>>();
  let port = 0;
  const join = (name: string) => {
    const fetch = () => new Response(name, { headers: { connection: "close" } });
    const server = Bun.serve({ hostname: "127.0.0.1", port, reusePort: true, fetch });
    port = server.port ?? 0;
    servers.set(name, server);
  };
  const leave = (name: string) => servers.get(name)?.stop(true);
  afterAll(() => Promise.all([...servers.keys()].map(leave)));

  /** Who answers, each connection a new one. */
  async function answering(): Promise<string[]> {
    const names = new Set<string>();
    for (let i = 0; i < CONNECTIONS; i++) {
      const answer = await fetch(`http://127.0.0.1:${port}/`, { keepalive: false });
      names.add(await answer.text());
    }
    return [...names].sort();
  }

  test("the last get all new connections, while the earlier ones stay and while they close", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) join(name);
    expect(await answering()).toEqual(["a", "b", "c", "d", "e"]);
    expect(steerToLast(port, 3)).toBeTrue();
    expect(await answering()).toEqual(["c", "d", "e"]);
    expect(steerToOneOfLast(port, 3)).toBeTrue();
    expect(await answering()).toEqual(["c"]);
    await leave("a");
    expect(await answering()).toEqual(["c"]);
    await leave("b");
    expect((await answering()).every((name) => ["c", "d", "e"].includes(name))).toBeTrue();
    expect(steerNoMore(port)).toBeTrue();
    expect(await answering()).toEqual(["c", "d", "e"]);
  });

  test("when none of the last is left, the earlier ones serve again", async () => {
    join("f");
    expect(steerToLast(port, 1)).toBeTrue();
    expect(await answering()).toEqual(["f"]);
    await leave("f");
    expect(await answering()).toEqual(["c", "d", "e"]);
  });

  test("a port on which this process does not listen is left alone", () => {
    expect(steerToLast(1, 1)).toBeFalse();
  });
});
