import { describe, expect, test } from "bun:test";
import { EventEmitter } from "node:events";
import { FakeClock } from "../../test/fakes/clock.ts";
import type { SeenActivity } from "../node-activity.ts";
import { live } from "./live.ts";

class FakeKeyboard extends EventEmitter {
  raw = false;
  setRawMode(raw: boolean): void {
    this.raw = raw;
  }
  resume(): void {}
  pause(): void {}
}

class FakeGlass extends EventEmitter {
  written = "";
  size: [number, number] = [80, 24];
  write(text: string): void {
    this.written += text;
  }
  getWindowSize(): [number, number] {
    return this.size;
  }
}

const GIVEN_BACK = "\u001b[?7h\u001b[?25h\u001b[?1049l";

function activity(change: Partial<SeenActivity> = {}): SeenActivity {
  return {
    ...{ schema: 1, now: 0, everyMs: 5000, samples: [], gpus: [], challenges: [], earnings: [] },
    status: {
      schema: 1,
      ...{ version: "1.2.3", address: null, uptimeSeconds: 5, ready: true, reasons: [], listen: "", admin: "" },
      ...{ workers: [], cautions: [], models: [], backends: [], waiting: {}, streams: 2, registries: {}, engines: [] },
      ...{ provider: null, networks: [] },
      ...{ phase: "serving", update: null },
      ...{ configuration: { loadedAt: "2026-11-26T00:00:00.000Z", lastError: null, restartPending: [] }, alerts: null },
    },
    ...change,
  };
}

/** What no frame can be made of. */
const BROKEN = activity({
  earnings: [{ network: "a", asset: "ETH", kind: "reward", today: "no amount", thirtyDays: "" }],
});

function open(ask: () => Promise<SeenActivity | undefined> = async () => activity(), first = activity()) {
  const [input, output, clock] = [new FakeKeyboard(), new FakeGlass(), new FakeClock()];
  const listeners = process.listenerCount("SIGTERM");
  const look = { color: false, asciiOnly: false };
  const ended = live({ input, output, look, ask, first, intervalMs: 1000, clock });
  const isGivenBack = () => ({
    screen: output.written.endsWith(GIVEN_BACK),
    raw: input.raw,
    left: [input.listenerCount("data"), output.listenerCount("resize"), process.listenerCount("SIGTERM") - listeners],
  });
  return { input, output, clock, ended, isGivenBack };
}

const ALL_BACK = { screen: true, raw: false, left: [0, 0, 0] };

describe("the live view's loop", () => {
  test("asks once an interval, and gives the terminal back at a key", async () => {
    let asked = 0;
    const { input, output, clock, ended, isGivenBack } = open(async () => {
      asked++;
      return activity();
    });
    await clock.advance(3000);
    expect([asked, input.raw, output.written.includes("fxn 1.2.3")]).toEqual([3, true, true]);
    input.emit("data", Buffer.from("q"));
    expect(await ended).toBe(0);
    expect(isGivenBack()).toEqual(ALL_BACK);
  });

  test("a fault of ours while it draws: the terminal is given back, and the fault is told", async () => {
    const first = open(undefined, BROKEN);
    expect(await first.ended.catch((error: unknown) => String(error))).toContain("BigInt");
    expect(first.isGivenBack()).toEqual(ALL_BACK);

    const later = open(async () => BROKEN);
    void later.ended.catch(() => {});
    await later.clock.advance(1000);
    expect(await later.ended.catch((error: unknown) => String(error))).toContain("BigInt");
    expect(later.isGivenBack()).toEqual(ALL_BACK);
  });

  test("the same when it draws because the size has changed", async () => {
    const { output, ended, isGivenBack } = open();
    output.getWindowSize = () => {
      throw new Error("no size");
    };
    output.emit("resize");
    expect(await ended.catch((error: unknown) => String(error))).toContain("no size");
    expect(isGivenBack()).toEqual(ALL_BACK);
  });

  test("a key ends it also while the node does not answer", async () => {
    const { input, clock, ended, isGivenBack } = open(() => new Promise(() => {}));
    await clock.advance(1000);
    input.emit("data", Buffer.from("\u0003"));
    expect(await ended).toBe(0);
    expect(isGivenBack()).toEqual(ALL_BACK);
  });

  test("a terminal that is gone ends it", async () => {
    for (const event of ["end", "error"]) {
      const { input, ended } = open();
      input.emit(event, new Error("EIO"));
      expect(await ended).toBe(1);
    }
  });

  test("a node that is gone or cannot answer is said, with the age of what is shown", async () => {
    const answers = [undefined, new Error("a fault"), activity()];
    const { input, output, clock, ended } = open(async () => {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    });
    await clock.advance(1000);
    expect(output.written).toContain("no node runs here any more: waiting for it; what stands here is 1s old");
    await clock.advance(1000);
    expect(output.written).toContain("a fault; what stands here is 2s old");
    output.written = "";
    await clock.advance(1000);
    expect(output.written).toContain("ready");
    expect(output.written).not.toContain("old");
    input.emit("data", Buffer.from("q"));
    await ended;
  });
});
