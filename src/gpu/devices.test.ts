import { expect, test } from "bun:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import type { GpuStats } from "../core/gpu.ts";
import { GpuProbe } from "./devices.ts";
import type { SourceReport } from "./facts/ask.ts";

const INTERVAL_MS = 30_000;
const FACTS: GpuStats = { name: "Arc", vendor: "intel", driverVersion: "1", vramTotalMb: 16288, powerLimitW: 225 };
const BUSY: GpuStats = { ...FACTS, vramUsedMb: 4, vramFreeMb: 5, utilizationGpuPct: 90, temperatureC: 60, powerW: 200 };
const answered = (...gpus: GpuStats[]): SourceReport => ({ source: "tool", state: "answered", gpus });
const failed = (why: string): SourceReport => ({ source: "tool", state: "failed", why, gpus: [] });

/** A probe that runs, and reads what `says` holds. */
function running(first: SourceReport) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const says = { report: first };
  const probe = new GpuProbe({ clock, log, read: async () => [says.report] });
  const stop = new AbortController();
  const done = probe.run(stop.signal);
  const end = () => {
    stop.abort();
    return done;
  };
  return { clock, log, says, probe, end };
}

test("the first caller waits; readings are then refreshed in the background, and nobody waits for them", async () => {
  const { clock, says, probe, end } = running(answered({ ...FACTS, name: "Arc 1" }));
  expect(probe.latest()).toEqual([]);
  expect((await probe.current())[0]?.name).toBe("Arc 1");
  says.report = answered({ ...FACTS, name: "Arc 2" });
  await clock.advance(INTERVAL_MS);
  expect((await probe.current())[0]?.name).toBe("Arc 2");
  await end();
});

test("a source that fails stands for which cards there are, not for what they do, and not for ever", async () => {
  const { clock, says, probe, end } = running(answered(BUSY));
  expect(await probe.current()).toEqual([BUSY]);
  says.report = failed("it hangs");
  await clock.advance(INTERVAL_MS);
  expect(probe.latest()).toEqual([FACTS]);
  await clock.advance(5 * 60_000);
  expect(probe.latest()).toEqual([]);
  says.report = answered(BUSY);
  await clock.advance(INTERVAL_MS);
  expect(probe.latest()).toEqual([BUSY]);
  await end();
});

test("a card that its source no longer names is gone at once", async () => {
  const { clock, says, probe, end } = running(answered(BUSY));
  await probe.current();
  says.report = { source: "tool", state: "missing", gpus: [] };
  await clock.advance(INTERVAL_MS);
  expect(probe.latest()).toEqual([]);
  await end();
});

test("a failure is logged once, and again when it is another or returns", async () => {
  const { clock, log, says, probe, end } = running(failed("no driver"));
  expect(await probe.current()).toEqual([]);
  await clock.advance(3 * INTERVAL_MS);
  expect(log.lines.map(({ fields }) => fields)).toEqual([{ source: "tool", error: "no driver" }]);
  for (const report of [failed("it hangs"), answered(), failed("it hangs")]) {
    says.report = report;
    await clock.advance(INTERVAL_MS);
  }
  expect(log.lines.map(({ fields }) => fields.error)).toEqual(["no driver", "it hangs", "it hangs"]);
  await end();
});
