import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChallengePort, JsonText } from "../../core/challenge.ts";
import { FxnError } from "../../core/errors.ts";
import { createControlApp } from "../../server/control-app.ts";
import { listenControl } from "../../server/control-listener.ts";
import { answerWorker, remoteChallenges } from "./remote-challenges.ts";

let home: string;
let answer: ChallengePort["answer"];
let control: { stop(): Promise<void> };

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fxn-remote-"));
  const app = createControlApp({
    status: () => ({}),
    dashboard: () => ({ url: "" }),
    activity: () => "{}",
    readiness: () => ({ ready: true, reasons: [] }),
    drain: async () => ({ cut: 0 }),
    differences: async () => [],
    restart: async () => ({ pid: 1, version: "1.0.0" }),
    setLogLevel: () => {},
    reload: async () => ({}),
    checks: async () => [],
    rehearsal: { open: async () => ({ port: 1, seconds: 1 }), close: async () => {} },
    challenge: (body, signal) => answerWorker({ answer: (...call) => answer(...call) }, body, signal),
  });
  control = listenControl(home, app);
});
afterEach(async () => {
  await control.stop();
  rmSync(home, { recursive: true, force: true });
});

const ask = (body = "{}", signal = new AbortController().signal) =>
  remoteChallenges(home).answer(Buffer.from(body), signal);
const text = (result: unknown) => (result instanceof JsonText ? Buffer.concat([...result.pieces]).toString() : "");

test("what the node answers comes back to the byte, made of pieces or of a value", async () => {
  const large = Buffer.from(`[${"1.50,".repeat(400_000)}0]`);
  answer = async (body) => {
    expect(Buffer.from(body).toString()).toBe("asked");
    return new JsonText([new Uint8Array(large.subarray(0, 999)), new Uint8Array(large.subarray(999))]);
  };
  expect(text(await ask("asked"))).toBe(large.toString());
  answer = async () => ({ type: "IDENTITY", n: 1 });
  expect(text(await ask())).toBe(`{"type":"IDENTITY","n":1}`);
});

test("its refusals keep code, status, hint and headers; what was not to be shown stays a cause", async () => {
  answer = async () => {
    throw new FxnError("challenge_busy", 429, "busy", { hint: "wait", headers: { "Retry-After": "7" } });
  };
  const refused = {
    code: "challenge_busy",
    status: 429,
    message: "busy",
    hint: "wait",
    headers: { "Retry-After": "7" },
  };
  await expect(ask()).rejects.toMatchObject(refused);
  answer = async () => {
    throw new Error("a secret path");
  };
  const failed = await ask().catch((error: unknown) => error);
  expect(failed).toMatchObject({ status: 500, cause: new Error("a secret path") });
  expect(String(failed)).not.toContain("secret");
});

test("a caller that leaves ends the work", async () => {
  const seen = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  answer = (_body, signal) => {
    seen.resolve();
    signal.addEventListener("abort", () => ended.resolve());
    return new Promise(() => {});
  };
  const leave = new AbortController();
  const asked = ask("{}", leave.signal);
  await seen.promise;
  leave.abort();
  await expect(asked).rejects.toMatchObject({ code: "client_closed_request", status: 499 });
  await ended.promise;
});

test("a node that is gone is said to be stopping", async () => {
  await control.stop();
  await expect(ask()).rejects.toMatchObject({ code: "challenge_unavailable", status: 503 });
});
