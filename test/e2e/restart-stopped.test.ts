// A node that is told to stop while a new process is taking over from it: neither of the two is left.
import { afterEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { askControl } from "../../src/lib/control-socket.ts";
import { alive } from "../fakes/alive.ts";
import { healthy } from "../fakes/model-server.ts";
import { fxn } from "./node.ts";
import { streamsAcross } from "./streams-across.ts";
import { until } from "./until.ts";
import { CHAT, chatBody, openWorld, type World } from "./world.ts";

function childrenOf(pid: number): number[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.flatMap((thread) => (textOf(`/proc/${pid}/task/${thread}/children`).match(/\d+/g) ?? []).map(Number));
}

/** Empty: that process or thread has ended. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

describe.skipIf(process.platform !== "linux")("while another process is taking over", () => {
  let world: World;
  let restarting: ReturnType<typeof fxn>;
  let left: number[] = [];

  /** `fxn restart`. @returns the process that is to take over */
  async function begin(): Promise<number> {
    restarting = fxn(["restart", "--home", world.home]);
    const takesOver = (pid: number) => textOf(`/proc/${pid}/environ`).includes("FXN_TAKES_OVER=");
    await until(() => {
      left = childrenOf(world.node.pid).filter(takesOver);
      return left.length > 0;
    });
    return left[0] ?? 0;
  }
  afterEach(async () => {
    for (const pid of left) if (alive(pid)) process.kill(pid, "SIGKILL");
    left = [];
    await world.close();
    await restarting;
  });

  test.each(["SIGTERM", "drain"])(
    "%s before that has the home: nothing is left running",
    async (how) => {
      world = await openWorld({ config: { server: { workers: 1 } } });
      const successor = await begin();
      // It has begun, and comes no further.
      process.kill(successor, "SIGSTOP");
      if (how === "drain") expect(await askControl(world.home, "POST", "/drain")).toMatchObject({ json: { cut: 0 } });
      else world.node.signal("SIGTERM");
      expect(await world.node.exited).toBe(0);
      expect(alive(successor)).toBeFalse();
    },
    60_000,
  );

  test.each([1, 2])(
    "SIGTERM before that serves: a stream ends whole, then nothing is left; %d serving",
    async (workers) => {
      world = await openWorld({ config: { server: { workers } } });
      const across = streamsAcross();
      world.model.behave = (received, response) =>
        (received.method === "GET" ? healthy : across.behave)(received, response);
      // It waits to become ready, for a model server that is not there.
      const models = { models: [{ id: "tiny", backends: [{ url: "http://127.0.0.1:1" }] }] };
      writeFileSync(join(world.home, "model_backend.yaml"), stringify(models), { mode: 0o600 });
      const successor = await begin();
      const phase = async () => JSON.stringify((await askControl(world.home, "GET", "/status"))?.json);
      await until(async () => (await phase())?.includes(`"phase":"starting"`) ?? false);
      left.push(...childrenOf(successor));
      const drained = await fxn(["drain", "--home", world.home, "--yes", "--no-pause"]);
      expect(drained).toMatchObject({ code: 1, stderr: expect.stringContaining("still starting") });
      const streaming = await world.send(CHAT, chatBody({ stream: true }));
      world.node.signal("SIGTERM");
      expect(await restarting).toMatchObject({ code: 1, stderr: expect.stringContaining("this node is stopping") });
      across.happened();
      expect(await streaming.text()).toEndWith("data: [DONE]\n\n");
      expect(await world.node.exited).toBe(0);
      await until(() => left.every((pid) => !alive(pid)));
    },
    60_000,
  );
});
