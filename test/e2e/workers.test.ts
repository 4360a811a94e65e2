// Several processes behind one port: they act as one, one that dies is replaced, and the others notice nothing.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { parseAddress } from "../../src/core/address.ts";
import { alive } from "../fakes/alive.ts";
import { type Behaviour, healthy, json, stream, USAGE } from "../fakes/model-server.ts";
import vectors from "../vectors/function.json";
import { fxn } from "./node.ts";
import { until } from "./until.ts";
import { CHAT, chatBody, openWorld, outcome, type World } from "./world.ts";

const WORKERS = 3;
const STREAMS = 24;
const linux = process.platform === "linux";

let world: World;
beforeAll(async () => {
  world = await openWorld({ config: { server: { workers: WORKERS }, shutdown: { deadline: "3s" } } });
});
afterAll(() => world.close());

function play(behaviour: Behaviour): void {
  world.model.behave = (received, response) => (received.method === "GET" ? healthy : behaviour)(received, response);
}

async function workers(): Promise<number[]> {
  const { stdout } = await fxn(["status", "--home", world.home, "--json"]);
  return z.object({ workers: z.array(z.number()) }).parse(JSON.parse(stdout)).workers;
}

const ask = () => world.send(CHAT, chatBody()).then(outcome);
const times = <T>(count: number, what: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => what(i));

/** How many of the answers that are under way end in which way; each on a connection of its own. */
async function streams(): Promise<{ ends: Promise<Record<string, number>> }> {
  play(stream({ tokens: 20, everyMs: 60 }));
  const responses = await Promise.all(times(STREAMS, () => world.send(CHAT, chatBody({ stream: true }))));
  const ends = responses.map(async (response) => {
    const text = await response.text().catch(() => "connection lost");
    if (text.endsWith("data: [DONE]\n\n")) return text.includes("backend_stream_cut") ? "wrong" : "whole";
    return text.includes("backend_stream_cut") ? "told" : text === "connection lost" ? text : "silently cut";
  });
  return {
    ends: Promise.all(ends).then((all) => {
      const counts: Record<string, number> = {};
      for (const end of all) counts[end] = (counts[end] ?? 0) + 1;
      return counts;
    }),
  };
}

describe.skipIf(!linux)("workers", () => {
  test("there are as many as configured, fxn status names them, and all serve", async () => {
    play(json({ usage: USAGE }));
    expect(await workers()).toHaveLength(WORKERS);
    expect(await Promise.all(times(40, ask))).toEqual(times(40, () => "200"));
    const text = await (await fetch(`${world.node.admin}/metrics`)).text();
    expect(text).toMatch(/fxn_http_requests_total\{route="\/v1\/\*",code="200"\} 40\n/);
    expect(text).toMatch(/fxn_backend_up\{[^}]*\} 1\n/);
    const { stdout } = await fxn(["status", "--home", world.home]);
    expect(stdout).toContain(` with ${WORKERS} workers, for the operator on `);
    const lines = world.node.log().split("\n");
    expect(new Set(lines.flatMap((line) => /"worker":(\d).*"msg":"request"/.exec(line)?.[1] ?? [])).size).toBe(WORKERS);
  });

  test("replay on another worker: of one request sent forty times at once, one passes", async () => {
    play(json({ ok: true }));
    for (let round = 0; round < 5; round++) {
      const moment = { nonce: `shared-${round}`, timestamp: Math.floor(Date.now() / 1000) };
      const outcomes = await Promise.all(times(40, async () => outcome(await world.send(CHAT, chatBody(), moment))));
      expect(outcomes.filter((text) => text === "200")).toHaveLength(1);
      expect(outcomes.filter((text) => text === "401 nonce_replayed")).toHaveLength(39);
    }
  });

  test("SIGKILL: the streams of that worker are visibly cut, all others end whole, and another takes its place", async () => {
    const before = await workers();
    const { ends } = await streams();
    process.kill(before[1] ?? 0, "SIGKILL");
    const counts = await ends;
    expect(Object.keys(counts).sort()).toEqual(["connection lost", "whole"]);
    await until(async () => (await workers()).length === WORKERS);
    const after = await workers();
    expect(after.filter((pid) => before.includes(pid))).toHaveLength(WORKERS - 1);
    await world.node.logged("worker serves");
    play(json({ ok: true }));
    expect(await Promise.all(times(40, ask))).toEqual(times(40, () => "200"));
    const text = await (await fetch(`${world.node.admin}/metrics`)).text();
    expect(text).toMatch(/fxn_workers_replaced 1\n/);
    expect(text).toMatch(/fxn_backend_inflight\{[^}]*\} 0\n/);
  });

  test("what is under way is counted once, whichever worker serves it", async () => {
    const { ends } = await streams();
    const { stdout } = await fxn(["status", "--home", world.home, "--json"]);
    const said = z.object({ backends: z.array(z.object({ inFlight: z.number() })), streams: z.number() });
    const status = said.parse(JSON.parse(stdout));
    expect(status.backends.map(({ inFlight }) => inFlight)).toEqual([STREAMS]);
    expect(status.streams).toBe(STREAMS);
    const metrics = async () => await (await fetch(`${world.node.admin}/metrics`)).text();
    expect(await metrics()).toMatch(new RegExp(`fxn_inference_streams\\{[^}]*\\} ${STREAMS}\\n`));
    expect(await ends).toEqual({ whole: STREAMS });
    await until(async () => /fxn_inference_streams\{[^}]*\} 0\n/.test(await metrics()));
  });

  test("SIGTERM to one worker: its streams end whole, and another takes its place", async () => {
    const before = await workers();
    const { ends } = await streams();
    process.kill(before[0] ?? 0, "SIGTERM");
    expect(await ends).toEqual({ whole: STREAMS });
    await until(async () => {
      const after = await workers();
      return after.length === WORKERS && !after.includes(before[0] ?? 0);
    }, 5000);
  });

  test("the log level reaches them", async () => {
    play(json({ ok: true }));
    expect((await fxn(["log-level", "error", "--home", world.home])).code).toBe(0);
    await Bun.sleep(50);
    const before = world.node.log().length;
    await Promise.all(times(10, ask));
    expect(world.node.log().slice(before)).not.toContain('"msg":"request"');
    expect((await fxn(["log-level", "debug", "--home", world.home])).code).toBe(0);
  });

  test("a gateway that pauses on chain is refused by all of them", async () => {
    const short = await openWorld({
      config: { server: { workers: WORKERS }, registry: { gateway: { pollInterval: "200ms" } } },
    });
    const outcomes = () => Promise.all(times(20, async () => outcome(await short.send(CHAT, chatBody()))));
    expect(new Set(await outcomes())).toEqual(new Set(["200"]));
    const gateway = parseAddress(vectors.keys.gateway.address);
    if (gateway) await short.chain.pauseGateway(gateway);
    await until(async () => (await outcomes()).every((text) => text === "401 caller_not_authorized"));
    await short.leave();
  });

  test("kill -9 of the node ends its workers", async () => {
    const before = await workers();
    await world.node.kill();
    await until(() => before.every((pid) => !alive(pid)));
    await world.restart();
    expect(await workers()).toHaveLength(WORKERS);
    expect(await ask()).toBe("200");
  });

  test("a port that is taken is an error, and no worker is left", async () => {
    const [host, port] = [new URL(world.node.url).hostname, new URL(world.node.url).port];
    expect(host).toBe("127.0.0.1");
    const second = await openWorld({ config: { node: { listenPort: Number(port) } } }).then(
      () => "started",
      (error: unknown) => String(error),
    );
    expect(second).toContain("cannot listen on 127.0.0.1");
    expect(await ask()).toBe("200");
  });
});
