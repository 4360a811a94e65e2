// The process that computes, beside the compiled node: it may die, the node may die, and neither leaves anything behind.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { alive } from "../fakes/alive.ts";
import { ask, commit, computePid, PRODUCT, prove, refusal } from "./matrix.ts";
import { until } from "./until.ts";
import { CHAT, chatBody, openWorld, outcome, type World } from "./world.ts";

/** Seconds on any machine that tests run on. */
const LONG = { m: 6000, k: 20_000, n: 6000 };
/** Well within the deadline of a node that stops, and long enough to be interrupted. */
const MIDDLING = { m: 1500, k: 3000, n: 2000 };
const SHORT = { m: 40, k: 50, n: 60 };

let world: World;
beforeAll(async () => {
  // Where there is much else to do, what computes waits: it is the last that gets the processor.
  world = await openWorld({ config: { shutdown: { deadline: "50s" } } });
});
beforeEach(async () => {
  if (!alive(world.node.pid)) await world.restart();
});
afterAll(() => world.close());

/** What comes while the node has not yet heard of the process's end is refused. */
const answersAgain = () => until(async () => (await ask(world, PRODUCT, { size: 1 })).status === 200);

/** A long proof that has begun; it must not end before what is done to it. */
async function longProof(of = world, signal?: AbortSignal) {
  let over = false;
  const response = commit(of, LONG, signal).then(({ response }) => response);
  response.then(
    () => {
      over = true;
    },
    () => {
      over = true;
    },
  );
  await Bun.sleep(300);
  return { response, over: () => over };
}

/** Processor time that a process has used, in hundredths of a second. */
function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

describe("the process that computes", () => {
  test("requests are served while a proof runs, and a caller that goes away ends it", async () => {
    const stop = new AbortController();
    const { response, over } = await longProof(world, stop.signal);
    let worst = 0;
    for (let i = 0; i < 30; i++) {
      const begun = performance.now();
      expect(await outcome(await world.send(CHAT, chatBody()))).toBe("200");
      worst = Math.max(worst, performance.now() - begun);
    }
    expect(over()).toBeFalse();
    expect(worst).toBeLessThan(500);
    // A caller that goes away ends its proof: the next one need not wait for it.
    const pid = computePid(world);
    stop.abort();
    await response.catch(() => {});
    await until(() =>
      prove(world, SHORT).then(
        ({ fault }) => fault === undefined,
        () => false,
      ),
    );
    expect(computePid(world)).toBe(pid);
  });

  test("killed in the middle of a proof: a typed error, and the next challenge is answered", async () => {
    const { response } = await longProof();
    process.kill(computePid(world), "SIGKILL");
    expect(await refusal(await response)).toBe("500 compute_ended: the process that computes ended while it worked");
    expect((await prove(world, SHORT)).fault).toBeUndefined();
    expect(world.node.log()).toContain("the compute process ended while it worked");
  });

  test("killed while it has nothing to do: a new one starts when there is work", async () => {
    const pid = computePid(world);
    process.kill(pid, "SIGKILL");
    await answersAgain();
    expect(computePid(world)).not.toBe(pid);
  });

  test("killed between the two steps of a proof: a new one opens it all the same", async () => {
    const proof = await prove(world, SHORT, 16, async () => {
      process.kill(computePid(world), "SIGKILL");
      await answersAgain();
    });
    expect(proof.fault).toBeUndefined();
  });

  test("Ctrl-C goes to both: a proof that runs is still answered, then both end", async () => {
    const pid = computePid(world);
    const before = ticks(pid);
    const answer = commit(world, MIDDLING);
    await until(() => ticks(pid) > before + 5);
    for (const one of [world.node.pid, pid]) process.kill(one, "SIGINT");
    expect((await answer).response.status).toBe(200);
    expect(await world.node.exited).toBe(0);
    await until(() => !alive(pid));
  });

  test("the node is stopped in the middle of a proof that outlasts the deadline: no process is left", async () => {
    const hasty = await openWorld({ config: { shutdown: { deadline: "200ms" } } });
    const { response, over } = await longProof(hasty);
    const pid = computePid(hasty);
    expect(over()).toBeFalse();
    expect(await hasty.node.stop()).toBe(0);
    await until(() => !alive(pid));
    await response.catch(() => {});
    await hasty.leave();
  });

  test("the node is killed in the middle of a proof: the process ends by itself", async () => {
    const { response } = await longProof();
    const pid = computePid(world);
    await world.node.kill();
    await until(() => !alive(pid));
    await response.catch(() => {});
  });
});

const onLinux = process.platform === "linux" ? test : test.skip;

describe("a hundred challenges in a row", () => {
  const status = (pid: number) => ({
    rssMb: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024,
    files: readdirSync(`/proc/${pid}/fd`).length,
  });

  async function oneOfEach(): Promise<void> {
    const kinds = [
      await ask(world, "IDENTITY", {}),
      await ask(world, "ENDPOINT_REACHABLE", "http://127.0.0.1:1/"),
      await ask(world, PRODUCT, { size: 256 }),
      await ask(world, PRODUCT, { A: ROWS, B: ROWS }),
      await ask(world, PRODUCT, { size: 5000 }),
    ];
    expect(await Promise.all(kinds.map((response) => response.text().then(() => response.status)))).toEqual([
      200, 200, 200, 200, 400,
    ]);
    expect((await prove(world, { m: 256, k: 300, n: 200 })).fault).toBeUndefined();
    // A caller that does not wait.
    const stop = new AbortController();
    const left = ask(world, PRODUCT, { size: 512 }, stop.signal);
    setTimeout(() => stop.abort(), 5);
    await left.catch(() => {});
    await answersAgain();
  }
  /** 9 challenges each. */
  const rounds = async (count: number) => {
    for (let i = 0; i < count; i++) await oneOfEach();
  };

  onLinux("leave no memory and no open files behind, in neither process (Linux)", async () => {
    await rounds(6);
    const pids = [world.node.pid, computePid(world)];
    const before = pids.map(status);
    await rounds(12);
    expect([world.node.pid, computePid(world)]).toEqual(pids);
    const after = pids.map(status);
    for (const [at, { rssMb, files }] of after.entries()) {
      expect(files).toBeLessThanOrEqual((before[at]?.files ?? 0) + 1);
      expect(rssMb).toBeLessThan((before[at]?.rssMb ?? 0) + 40);
    }
  });
});

const ROWS = Array.from({ length: 200 }, (_, i) => Array.from({ length: 200 }, (_, j) => i - j));
