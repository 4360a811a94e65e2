// Nonces through the compiled node: kept as long as they must be, whatever the settings say, and deleted afterwards.
import { afterEach, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { until } from "./until.ts";
import { CHAT, chatBody, openWorld, outcome, type SendOptions, type World } from "./world.ts";

const SKEW_S = 2;

let world: World;
async function openWith(nonceCache: Record<string, unknown>): Promise<void> {
  world = await openWorld({
    config: { auth: { maxClockSkew: `${SKEW_S}s` }, nonceCache: { cleanupInterval: "20ms", ...nonceCache } },
  });
}
afterEach(() => world.close());

const now = () => Math.floor(Date.now() / 1000);
const ask = async (options: SendOptions = {}) => outcome(await world.send(CHAT, chatBody(), options));
const secondsAfter = (timestamp: number) => Date.now() / 1000 - timestamp;
const secondsPast = (timestamp: number, seconds: number) => until(() => secondsAfter(timestamp) > seconds, 20_000);

/** Whether nonces of that signed time are still there: each epoch has a folder that is named by its first moment and length. */
function stored(timestamp: number): boolean {
  return readdirSync(join(world.home, "fxn.nonces")).some((name) => {
    const [from = 0, length = 0] = name.split("-").map(Number);
    return timestamp * 1000 >= from && timestamp * 1000 < from + length;
  });
}

describe("nonces", () => {
  test("known as long as the timestamp passes, however short the time to live, and deleted afterwards", async () => {
    await openWith({ ttl: "1ms" });
    expect(await ask({ timestamp: now() - SKEW_S - 1 })).toBe("401 timestamp_too_old");
    // As far in the future as passes, so that it passes longest.
    const moment = { nonce: "from-the-future", timestamp: now() + SKEW_S };
    expect(await ask(moment)).toBe("200");
    expect(stored(moment.timestamp)).toBeTrue();
    while (secondsAfter(moment.timestamp) < SKEW_S - 0.3) {
      expect(await ask(moment)).toBe("401 nonce_replayed");
      await Bun.sleep(50);
    }
    await secondsPast(moment.timestamp, SKEW_S);
    expect(await ask(moment)).toBe("401 timestamp_too_old");
    await until(() => !stored(moment.timestamp), 2 * SKEW_S * 1000 + 1000);
    expect(secondsAfter(moment.timestamp)).toBeGreaterThanOrEqual(2 * SKEW_S);
  }, 20_000);

  test("a longer time to live counts; a caller that has too many is refused alone, until old ones are deleted", async () => {
    const TTL_S = 6;
    await openWith({ ttl: `${TTL_S}s`, maxPerCaller: 2 });
    const moment = { nonce: "kept-longer", timestamp: now() };
    expect([await ask(moment), await ask()]).toEqual(["200", "200"]);
    const full = await world.send(CHAT, chatBody());
    expect(full.headers.get("retry-after")).toBe("60");
    expect(await outcome(full)).toBe("429 nonces_full");
    expect(await ask({ as: "scheduler" })).toBe("200");
    await secondsPast(moment.timestamp, TTL_S - 0.5);
    expect(stored(moment.timestamp)).toBeTrue();
    await until(() => !stored(moment.timestamp));
    await until(async () => (await ask()) === "200");
  }, 30_000);
});
