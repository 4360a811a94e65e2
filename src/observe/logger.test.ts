import { expect, test } from "bun:test";
import { createLogger } from "./logger.ts";

function capture(human: boolean, verbosity = "info") {
  const lines: string[] = [];
  return { lines, log: createLogger({ verbosity, human, color: false, write: (line) => lines.push(line) }) };
}

test("JSON: one object a line with level, time, message and fields", () => {
  const { lines, log } = capture(false);
  log.info({ port: 8080 }, "listening");
  log.flush();
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "info", msg: "listening", port: 8080 });
  expect(lines[0]?.endsWith("\n")).toBeTrue();
});

test("human: a line that can be read", () => {
  const { lines, log } = capture(true);
  log.warn({ age: "3m" }, "registry is old");
  expect(lines.join("")).toContain("WARN");
  expect(lines.join("")).toContain("registry is old");
});

test("redaction: a secret under any of the known names is not written", () => {
  for (const human of [true, false]) {
    const { lines, log } = capture(human);
    for (const name of ["signature", "authorization", "x-signature", "prompt", "password", "private_key", "apiKey"]) {
      log.error({ [name]: "canary-7f3a" }, "oops");
    }
    expect(lines.join("")).not.toContain("canary-7f3a");
    expect(lines.join("")).toContain("***");
  }
});

test("level: from config, changeable while it runs, zap's names understood", () => {
  const { lines, log } = capture(false, "warn");
  log.info({}, "no");
  log.setLevel("debug");
  log.debug({}, "yes");
  log.flush();
  expect(lines.length).toBe(1);
  expect(capture(false, "dpanic").log.level()).toBe("error");
});

test("lines of one turn go out together, in their order; a warning does not wait, nor what was before it", async () => {
  const { lines, log } = capture(false);
  log.info({ n: 1 }, "a");
  log.info({ n: 2 }, "b");
  expect(lines).toEqual([]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(lines.map((text) => text.trim().split("\n").length)).toEqual([2]);
  log.info({ n: 3 }, "c");
  log.warn({ n: 4 }, "d");
  log.error({ n: 5 }, "e");
  expect(lines.map((text) => [...text.matchAll(/"n":(\d)/g)].map(([, n]) => Number(n)))).toEqual([[1, 2], [3, 4], [5]]);
  log.flush();
  expect(lines).toHaveLength(3);
});
