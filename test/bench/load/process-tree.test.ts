import { expect, test } from "bun:test";
import { cpuSeconds, memoryOf, parseStat, processTree, signalTree } from "./process-tree.ts";

test("a process may be called anything", () => {
  const numbers = "S 7 0 0 0 -1 4194304 100 0 0 0 11 22 33 44 20 0 1 0";
  expect(parseStat(`42 (a) (b) R 1) ${numbers}`)).toEqual({ parent: 7, ticks: 110 });
});

test.skipIf(process.platform !== "linux")("a tree has the children's children, and their memory", async () => {
  const child = Bun.spawn(["sh", "-c", "sleep 1000 & echo up; wait"], { stdout: "pipe" });
  await child.stdout.getReader().read();
  const tree = processTree(child.pid);
  expect(tree[0]).toBe(child.pid);
  expect(tree.length).toBe(2);
  expect(processTree(process.pid)).toEqual(expect.arrayContaining(tree));
  const { rss, peak, pss } = memoryOf(child.pid);
  expect(rss).toBeGreaterThan(0.1);
  expect(peak).toBeGreaterThanOrEqual(rss);
  expect(pss).toBeLessThanOrEqual(rss);
  expect(cpuSeconds(child.pid)).toBeLessThan(1);
  signalTree(child.pid, "SIGKILL");
  await child.exited;
  expect(memoryOf(child.pid)).toEqual({ rss: 0, peak: 0, pss: 0 });
});
