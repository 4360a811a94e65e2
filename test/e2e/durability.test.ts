// kill -9 at any moment: no accepted nonce is forgotten, no finished answer is missing from the ledger; and how it stops.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { after, type Behaviour, healthy, json, stream } from "../fakes/model-server.ts";
import vectors from "../vectors/function.json";
import { fxn, makeHome, removeHome, startNode, writeConfig, writeGoKey } from "./node.ts";
import { CHAT, chatBody, openWorld, outcome, type World } from "./world.ts";

let world: World;
const homes: string[] = [];
beforeAll(async () => {
  world = await openWorld({ config: { shutdown: { deadline: "1s" } } });
});
afterAll(async () => {
  await world.close();
  for (const home of homes) removeHome(home);
});

function play(behaviour: Behaviour): void {
  world.model.behave = (received, response) => (received.method === "GET" ? healthy : behaviour)(received, response);
}

const now = () => Math.floor(Date.now() / 1000);

async function rows(): Promise<number> {
  const { stdout } = await fxn(["ledger", "--home", world.home, "--by", "model", "--json"]);
  const { rows: sums }: { rows: { requests: number }[] } = JSON.parse(stdout);
  return sums.reduce((sum, { requests }) => sum + requests, 0);
}

describe("kill -9", () => {
  test("replay across kill -9: a request that was accepted before is refused after", async () => {
    play(json({ ok: true }));
    const moment = { nonce: "before-the-kill", timestamp: now() };
    expect(await outcome(await world.send(CHAT, chatBody(), moment))).toBe("200");
    await world.node.kill();
    await world.restart();
    expect(await outcome(await world.send(CHAT, chatBody(), moment))).toBe("401 nonce_replayed");
  });

  test("replay across kill -9 while the answer is still under way", async () => {
    const arrived = Promise.withResolvers<void>();
    play((_received) => arrived.resolve());
    const moment = { nonce: "in-the-middle", timestamp: now() };
    const first = world.send(CHAT, chatBody(), moment).catch(() => "gone");
    await arrived.promise;
    await world.node.kill();
    await first;
    await world.restart();
    play(json({ ok: true }));
    expect(await outcome(await world.send(CHAT, chatBody(), moment))).toBe("401 nonce_replayed");
  });

  test("no finished answer is missing from the ledger, whole or streamed, though the kill follows at once", async () => {
    const before = await rows();
    play(json({ usage: { prompt_tokens: 1, completion_tokens: 1 } }));
    await (await world.send(CHAT, chatBody())).text();
    await world.node.kill();
    expect(await rows()).toBe(before + 1);
    await world.restart();
    play(stream({ tokens: 3 }));
    const response = await world.send(CHAT, chatBody({ stream: true }));
    let text = "";
    for await (const chunk of response.body ?? []) {
      text += new TextDecoder().decode(chunk);
      if (text.includes("[DONE]")) await world.node.kill();
    }
    expect(await rows()).toBe(before + 2);
    await world.restart();
  });

  test("six kills under load: every answer that came whole has its row, and every nonce stays used", async () => {
    play(after(5, json({ usage: { prompt_tokens: 1, completion_tokens: 1 } })));
    const before = await rows();
    let answered = 0;
    const accepted: { nonce: string; timestamp: number }[] = [];
    for (let round = 0; round < 6; round++) {
      const kill = Bun.sleep(20 + round * 40).then(() => world.node.kill());
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          const moment = { nonce: crypto.randomUUID(), timestamp: now() };
          const whole = await world
            .send(CHAT, chatBody(), moment)
            .then(async (response) => response.status === 200 && (await response.text()).endsWith("}"))
            .catch(() => false);
          if (!whole) return;
          answered++;
          accepted.push(moment);
        }),
      );
      await kill;
      await world.restart();
    }
    expect(answered).toBeGreaterThan(10);
    expect(await rows()).toBeGreaterThanOrEqual(before + answered);
    const again = await Promise.all(
      accepted.map(async (moment) => outcome(await world.send(CHAT, chatBody(), moment))),
    );
    expect(new Set(again)).toEqual(new Set(["401 nonce_replayed"]));
  });
});

/** A home of its own, for a node that nobody calls. */
function quietHome(): string {
  const home = makeHome();
  homes.push(home);
  writeGoKey(home, vectors.keys.node);
  const alone = { rpcProvider: world.chain.rpcUrl, server: { workers: 1 } };
  writeConfig(home, { node: { listenPort: 0 }, admin: { listen: "127.0.0.1:0" }, ...alone });
  return home;
}

describe("one home, one node", () => {
  test("a second start on the same home is refused, and the first goes on", async () => {
    const second = await fxn(["start", "--home", world.home]);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain("is running on");
    play(json({ ok: true }));
    expect((await world.send(CHAT, chatBody())).status).toBe(200);
  });
});

describe("stopping", () => {
  test("SIGTERM lets a running stream end whole, refuses new work, and exits 0", async () => {
    play(stream({ tokens: 10, everyMs: 50 }));
    const response = await world.send(CHAT, chatBody({ stream: true }));
    const stopped = world.node.stop();
    await Bun.sleep(100);
    const late = await world.send(CHAT, chatBody()).then(outcome, () => "connection refused");
    expect(["503 draining", "connection refused"]).toContain(late);
    expect((await response.text()).endsWith("data: [DONE]\n\n")).toBeTrue();
    expect(await stopped).toBe(0);
    await world.restart();
  });

  test("a stream that outlasts the deadline is cut off with a row in the ledger, and the exit is still 0", async () => {
    const before = await rows();
    play(stream({ tokens: 1000, everyMs: 50 }));
    const response = await world.send(CHAT, chatBody({ stream: true }));
    const text = response.text().catch(() => "cut off");
    const started = performance.now();
    expect(await world.node.stop()).toBe(0);
    expect(performance.now() - started).toBeLessThan(3000);
    expect(await text).not.toEndWith("data: [DONE]\n\n");
    expect(await rows()).toBe(before + 1);
    await world.restart();
  });

  test("SIGTERM the moment it listens is a stop like any other", async () => {
    for (let i = 0; i < 5; i++) {
      const node = await startNode(quietHome());
      expect(await node.stop()).toBe(0);
    }
  });

  test("a second SIGTERM ends at once with 143", async () => {
    play(stream({ tokens: 1000, everyMs: 50 }));
    const response = await world.send(CHAT, chatBody({ stream: true }));
    const text = response.text().catch(() => "cut off");
    world.node.signal("SIGTERM");
    await world.node.logged("stopping: no new work, running answers may end");
    const started = performance.now();
    world.node.signal("SIGTERM");
    expect(await world.node.exited).toBe(143);
    expect(performance.now() - started).toBeLessThan(500);
    await text;
    await world.restart();
  });
});
