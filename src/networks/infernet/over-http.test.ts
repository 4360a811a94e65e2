// The same over real connections: a chat and its stream, with answers that break off on the way.

import { afterEach, expect, test } from "bun:test";
import { z } from "zod";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { type Fault, InfernetControlPlane } from "../../../test/fakes/infernet-control-plane.ts";
import { infernetRig, verifySchnorr } from "../../../test/fakes/infernet-ports.ts";
import { type InfernetServer, serveInfernet } from "../../../test/fakes/infernet-server.ts";
import { openInfernet } from "../../../test/fakes/infernet-session.ts";
import { systemClock } from "../../core/clock.ts";
import { createFetch } from "../../lib/fetch.ts";

let server: InfernetServer | undefined;
afterEach(() => server?.stop());

async function node() {
  const plane = new InfernetControlPlane(systemClock, verifySchnorr);
  server = serveInfernet(plane);
  const rig = infernetRig(new FakeClock(Date.now()), { clock: systemClock, fetch: createFetch(systemClock) });
  rig.generate = async function* () {
    for (const word of ["one ", "two ", "three"]) {
      await Bun.sleep(300);
      yield word;
    }
    return { reason: "stop", promptTokens: 3, completionTokens: 3 };
  };
  const stop = new AbortController();
  const settings = { url: server.url, intervals: { heartbeatMs: 100, pollMs: 50 } };
  const session = openInfernet(settings, rig.ports);
  const ended = session.run(stop.signal);
  while (!session.health().ready) await Bun.sleep(5);
  return { plane, stop, ended, url: server.url };
}

async function chat(url: string): Promise<string> {
  const body = JSON.stringify({ messages: [{ role: "user", content: "count" }], modelName: "tiny" });
  const asked = await fetch(`${url}/api/chat`, { method: "POST", body });
  const { streamUrl } = z.object({ streamUrl: z.string() }).parse(await asked.json());
  return (await fetch(`${url}${streamUrl}`)).text();
}

const words = (stream: string) => [...stream.matchAll(/event: (\w+)/g)].map(([, word]) => word);

test("a chat, words as they come", async () => {
  const { url, stop, ended, plane } = await node();
  expect(words(await chat(url))).toEqual(["job", "meta", "token", "token", "token", "done"]);
  stop.abort();
  await ended;
  expect(plane.store.rows[0]?.status).toBe("offline");
});

test.each<[string, Fault]>([
  ["lost after it was done", { kind: "lost", applied: true }],
  ["500 before", { kind: "status", status: 500, applied: false }],
])(
  "each first answer for events and complete: %s",
  async (_name, fault) => {
    const { url, stop, ended, plane } = await node();
    const failed = new Set<string>();
    plane.fault = (path) => {
      const kind = /(events|complete)$/.exec(path)?.[1];
      if (kind === undefined || failed.has(kind)) return undefined;
      failed.add(kind);
      return fault;
    };
    const stream = await chat(url);
    expect(words(stream).filter((type) => type !== "token")).toEqual(["job", "meta", "done"]);
    // Those that had to wait are one event.
    expect([...stream.matchAll(/event: token\ndata: \{"text":"([^"]*)"/g)].map(([, text]) => text).join("")).toBe(
      "one two three",
    );
    const [job] = plane.store.jobs.values();
    for (let i = 0; i < 1000 && job?.completed === 0; i++) await Bun.sleep(5);
    await Bun.sleep(200);
    expect(job).toMatchObject({ completed: 1, status: "completed" });
    expect(failed.size).toBe(2);
    stop.abort();
    await ended;
  },
  20_000,
);
