import { expect, test } from "bun:test";
import { createLogger } from "./logger.ts";

function capture(human: boolean, verbosity = "info") {
  const lines: string[] = [];
  return { lines, log: createLogger({ verbosity, human, color: false, write: (line) => lines.push(line) }) };
}

test("JSON: one object a line with level, time, message and fields", () => {
  const { lines, log } = capture(false);
  log.info({ port: 8080 }, "listening");
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
  expect(lines.length).toBe(1);
  expect(capture(false, "dpanic").log.level()).toBe("error");
});
