// What the scheduler asks of the compiled binary.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import net from "node:net";
import { json, ModelServer } from "../fakes/model-server.ts";
import { openWorld, outcome, type World } from "./world.ts";

let world: World;
/** Allowed by its host and port. */
let allowed: ModelServer;
/** Counts who connects to it, and nobody may. */
let connections = 0;
const forbidden = net.createServer((socket) => {
  connections++;
  socket.destroy();
});

beforeAll(async () => {
  allowed = await ModelServer.start(json({}));
  await new Promise<void>((resolve) => forbidden.listen(0, "127.0.0.1", () => resolve()));
  world = await openWorld({ config: { challenges: { reachableHosts: [new URL(allowed.url).host] } } });
});
afterAll(async () => {
  await world.close();
  allowed.stop();
  forbidden.close();
});

function forbiddenPort(): number {
  const address = forbidden.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function ask(payload: unknown): Promise<Response> {
  return world.send("/challenge", { type: "ENDPOINT_REACHABLE", payload }, { as: "scheduler" });
}

describe("ENDPOINT_REACHABLE", () => {
  test("a host that config.yaml allows: true when it answers 2xx, else false", async () => {
    expect(await (await ask(`${allowed.url}/health?a=b`)).json()).toEqual({ reachable: true });
    expect(allowed.received.at(-1)).toMatchObject({ method: "GET", path: "/health?a=b" });
    allowed.behave = json({}, 503);
    expect(await (await ask(allowed.url)).json()).toEqual({ reachable: false });
    allowed.behave = json({});
  });

  test("attack: SSRF: what is not allowed is false like any other, and no connection is made to it", async () => {
    const port = forbiddenPort();
    for (const host of ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0"]) {
      const response = await ask(`http://${host}:${port}/`);
      expect([response.status, await response.json()]).toEqual([200, { reachable: false }]);
    }
    allowed.behave = (received, response) =>
      json({}, 302, { location: `http://127.0.0.1:${port}/` })(received, response);
    expect(await (await ask(allowed.url)).json()).toEqual({ reachable: false });
    allowed.behave = json({});
    expect(connections).toBe(0);
    expect(world.node.log()).toContain("an address that is not public");
  });

  test("a payload at fault is 400 and says which field", async () => {
    for (const payload of [undefined, { url: allowed.url }, "file:///etc/passwd", "nonsense"]) {
      const response = await ask(payload);
      const text = await response.clone().text();
      expect(await outcome(response)).toBe("400 challenge_payload");
      expect(text).toContain(`"message":"payload: expected a URL`);
    }
  });

  test("only the scheduler may ask", async () => {
    const asked = allowed.received.length;
    const challenge = { type: "ENDPOINT_REACHABLE", payload: allowed.url };
    expect(await outcome(await world.send("/challenge", challenge))).toBe("401 caller_not_authorized");
    expect(allowed.received.length).toBe(asked);
  });

  test("metrics count it", async () => {
    const metrics = await (await fetch(`${world.node.admin}/metrics`)).text();
    expect(metrics).toMatch(/challenge\w*_total\{type="ENDPOINT_REACHABLE",outcome="ok"\} \d+/);
    expect(metrics).toMatch(/challenge\w*_total\{type="ENDPOINT_REACHABLE",outcome="refused"\} 4/);
  });
});
