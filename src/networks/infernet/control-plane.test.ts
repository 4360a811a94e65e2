// The signed client: what it refuses to talk to, that no envelope is sent twice, and what a failure says.
import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { PLANE } from "../../../test/fakes/infernet-control-plane.ts";
import { infernetRig } from "../../../test/fakes/infernet-ports.ts";
import { createFetch } from "../../lib/fetch.ts";
import { ControlPlane } from "./control-plane.ts";
import { ControlPlaneError } from "./errors.ts";
import { originOf } from "./origin.ts";
import { heartbeat, linkKey, me, pollJobs, register } from "./routes.ts";
import { settings } from "./settings.ts";

function client(given: Partial<ConstructorParameters<typeof ControlPlane>[1]> = {}) {
  const clock = new FakeClock();
  const rig = infernetRig(clock);
  return { clock, rig, plane: new ControlPlane(PLANE, { ...rig.ports, ...given }) };
}

async function failureOf(work: Promise<unknown>): Promise<ControlPlaneError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ControlPlaneError) return error;
  throw new Error(`no ControlPlaneError but ${error}`);
}

test.each([
  "http://plane.example",
  "https://plane.example/base",
  "https://plane.example/?a=1",
  "https://user:pass@plane.example",
  "ftp://plane.example",
  "plane.example",
])("%s is refused", (url) => {
  expect(() => originOf(url)).toThrow("the control plane's URL");
  expect(settings.safeParse({ url }).success).toBe(false);
});

test.each([
  ["https://Plane.Example/", "https://plane.example"],
  ["http://127.0.0.1:3000", "http://127.0.0.1:3000"],
  ["http://[::1]:3000/", "http://[::1]:3000"],
  ["http://localhost:3000", "http://localhost:3000"],
])("%s is taken as %s", (url, origin) => {
  expect(originOf(url)).toBe(origin);
});

const page = new TextEncoder().encode("<h1>no</h1>");

describe("a call", () => {
  test("has an envelope of its own, also when it is the same call, and after a clock that was off", async () => {
    const { rig, plane, clock } = client();
    for (let i = 0; i < 3; i++) await me(plane);
    rig.plane.clockAhead = -600_000;
    await me(plane);
    expect(Math.abs(plane.clockOffsetMs + 600_000)).toBeLessThan(1000);
    clock.jump(600_000);
    await me(plane);
    expect(Math.abs(plane.clockOffsetMs + 600_000)).toBeLessThan(1000);
    const envelopes = rig.plane.seen.map(({ headers }) => /x-infernet-auth","([^"]+)"/.exec(headers)?.[1]);
    expect(envelopes).toHaveLength(6);
    expect(new Set(envelopes).size).toBe(6);
  });

  test("a refusal is final and says what the control plane said, without what would spoil a terminal", async () => {
    const { plane } = client();
    const error = await failureOf(heartbeat(plane, { status: "available" }));
    expect([error.refused, error.answered]).toEqual([true, 404]);
    expect(error.message).toBe(
      "/api/v1/node/heartbeat: plane.example said: no row for this pubkey — call /register first",
    );
    const { plane: rude } = client({
      fetch: async () => ({
        status: 400,
        headers: new Headers(),
        body: new TextEncoder().encode(JSON.stringify({ error: `\u001b[31m\u202ered\n${"x".repeat(1000)}` })),
      }),
    });
    const { message } = await failureOf(me(rude));
    expect(message.length).toBeLessThan(300);
    expect(/^[ -~…]*$/.test(message)).toBe(true);
  });

  test.each([
    ["no answer", () => Promise.reject(new Error("gone")), undefined],
    ["a 500", async () => ({ status: 500, headers: new Headers(), body: new Uint8Array() }), 500],
    [
      "an answer that is no JSON",
      async () => ({ status: 200, headers: new Headers(), body: new Uint8Array([60]) }),
      200,
    ],
    ...[403, 404, 408, 429].map(
      (status) =>
        [`a proxy's ${status}`, async () => ({ status, headers: new Headers(), body: page }), status] as const,
    ),
    [
      "JSON that is not the control plane's",
      async () => ({ status: 403, headers: new Headers(), body: new TextEncoder().encode('{"error":"forbidden"}') }),
      403,
    ],
    [
      "a nonce that was used: what carried the request has sent it twice",
      async () => ({
        status: 401,
        headers: new Headers(),
        body: new TextEncoder().encode('{"error":"nonce already used"}'),
      }),
      401,
    ],
  ])("%s: it may have been done", async (_name, fetch, answered) => {
    const error = await failureOf(pollJobs(client({ fetch }).plane));
    expect([error.refused, error.answered]).toEqual([false, answered]);
  });

  test("a redirect is not followed: the envelope would go along", async () => {
    let elsewhere = 0;
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch(request) {
        const { pathname } = new URL(request.url);
        if (pathname === "/elsewhere") elsewhere++;
        return Response.redirect("/elsewhere", 307);
      },
    });
    const { rig } = client();
    const clock = new FakeClock();
    const plane = new ControlPlane(`http://127.0.0.1:${server.port}`, { ...rig.ports, fetch: createFetch(clock) });
    const error = await failureOf(me(plane));
    await server.stop(true);
    expect([error.refused, elsewhere]).toEqual([false, 0]);
  });

  test("a key is linked to an account by its token, and to one account only", async () => {
    const { plane } = client();
    expect(await linkKey(plane, "t1", "box")).toMatchObject({ created: true });
    expect(await linkKey(plane, "t1", "box")).toMatchObject({ created: false });
    const error = await failureOf(linkKey(plane, "t2"));
    expect([error.answered, error.message]).toEqual([409, expect.stringContaining("linked to a different account")]);
  });

  test("another's node id is refused with a hint", async () => {
    const { plane, rig } = client();
    const node = { node_id: "provider-1", name: "a", specs: {} };
    await register(plane, node);
    for (const row of rig.plane.store.rows) row.public_key = "0".repeat(64);
    const error = await failureOf(register(plane, node));
    expect([error.answered, error.hint]).toEqual([403, expect.stringContaining("nodeId")]);
  });
});
