// Work that is begun anew when its settings change, and left alone when they do not.
import { expect, test } from "bun:test";
import { FakeLog } from "../../../test/fakes/log.ts";
import { BOOK } from "../../networks/config.ts";
import { Renewed } from "./renewed.ts";

const configured = (cleanupInterval: string, more = {}) => {
  const config = BOOK.schema.parse({ nonceCache: { cleanupInterval }, ...more });
  return { config, models: { models: [], catchAll: false }, networks: [], files: {} };
};

test("begun anew by a change of its own settings alone, and only when that is committed", async () => {
  const told: string[] = [];
  const work = new Renewed(configured("1m").config, {
    settings: ({ nonceCache }) => nonceCache.cleanupInterval,
    open: (ms) => ({
      async run(signal: AbortSignal) {
        told.push(`${ms} begins`);
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
        told.push(`${ms} ends`);
      },
    }),
    log: new FakeLog(),
  });
  const stopping = new AbortController();
  const running = work.run(stopping.signal);
  await (await work.prepare(configured("1m", { queue: { size: 3 } }))).commit();
  (await work.prepare(configured("2s"))).discard();
  expect(told).toEqual(["60000 begins"]);
  await (await work.prepare(configured("2s"))).commit();
  await Bun.sleep(1);
  expect(told.sort()).toEqual(["2000 begins", "60000 begins", "60000 ends"]);
  stopping.abort();
  await running;
  expect(told).toContain("2000 ends");
});
