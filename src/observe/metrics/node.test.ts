// Metrics of the process, of which there is one, however many registers show them.
import { expect, spyOn, test } from "bun:test";
import { PerformanceObserver } from "node:perf_hooks";
import { processMetrics, Registry } from "./node.ts";

test("every register shows them, and none after the first begins to observe the process anew", async () => {
  const first = new Registry();
  processMetrics(first);
  const observe = spyOn(PerformanceObserver.prototype, "observe");
  const others = Array.from({ length: 20 }, () => new Registry());
  for (const register of others) processMetrics(register);
  expect(observe).not.toHaveBeenCalled();
  observe.mockRestore();
  for (const register of [first, ...others.slice(-1)]) {
    const text = await register.metrics();
    expect(text).toMatch(/^process_cpu_seconds_total [\d.]+$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d{6,}$/m);
    expect(text).not.toContain("nodejs_gc_duration_seconds");
  }
});
