// The port for other nodes: its two answers, its errors, and that it is only there when it is asked for.

import { expect, test } from "bun:test";
import { connect } from "node:net";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { PLANE } from "../../../test/fakes/infernet-control-plane.ts";
import { infernetRig } from "../../../test/fakes/infernet-ports.ts";
import { openInfernet } from "../../../test/fakes/infernet-session.ts";

async function node(settings: object) {
  const clock = new FakeClock();
  const rig = infernetRig(clock);
  const stop = new AbortController();
  const session = openInfernet({ url: PLANE, ...settings }, rig.ports);
  const ended = session.run(stop.signal);
  await Bun.sleep(50);
  await clock.advance(100);
  const port = Number(/^\d+/.exec(session.status().find(({ name }) => name === "p2p port")?.value ?? "")?.[0]);
  return { clock, rig, port, stop, ended, session };
}

function ask(port: number, lines: readonly string[]): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(`${lines.join("\n")}\n`));
    socket.on("error", reject);
    socket.on("data", (data) => {
      text += data.toString();
      const answers = text.trim().split("\n");
      if (answers.length < lines.length || !text.endsWith("\n")) return;
      socket.destroy();
      resolve(answers.map((answer) => JSON.parse(answer)));
    });
  });
}

test("ping and info, and errors for the rest", async () => {
  const { clock, port, rig, stop, ended } = await node({
    advertise: true,
    address: "203.0.113.7",
    p2p: { enabled: true, host: "127.0.0.1", port: 0, publicPort: 4000 },
  });
  const { node_id: nodeId } = rig.plane.store.rows[0]!;
  const asked = ['{"cmd":"ping"}', '{"cmd":"info","payload":1}', '{"cmd":"x"}', "{}", "5", "{oops"];
  expect(await ask(port, asked)).toEqual([
    { ok: true, data: { pong: clock.now(), node_id: nodeId } },
    { ok: true, data: { node_id: nodeId, role: "provider", name: nodeId, port: 4000 } },
    { ok: false, error: "unknown-cmd: x" },
    { ok: false, error: "unknown-cmd: (none)" },
    { ok: false, error: "unknown-cmd: (none)" },
    { ok: false, error: "bad-json", cause: expect.any(String) },
  ]);
  expect(rig.plane.store.rows[0]).toMatchObject({ address: "203.0.113.7", port: 4000 });
  stop.abort();
  await clock.advance(5000);
  await ended;
  expect(ask(port, ["x"])).rejects.toThrow();
});

test.each([
  ["by default", {}],
  ["without advertise", { p2p: { enabled: true, host: "127.0.0.1", port: 0 } }],
  ["with advertise alone", { advertise: true, address: "203.0.113.7" }],
])("%s nothing is bound", async (_name, settings) => {
  expect((await node(settings)).port).toBeNaN();
});

test("a port that is taken does not stop the node, and is told", async () => {
  const taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { session } = await node({
    advertise: true,
    address: "203.0.113.7",
    p2p: { enabled: true, host: "127.0.0.1", port: taken.port },
  });
  taken.stop(true);
  expect(session.health().ready).toBe(true);
  expect(session.status().find(({ name }) => name === "p2p port")?.value).toContain("cannot be opened");
});
