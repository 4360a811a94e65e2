import { afterEach, describe, expect, test } from "bun:test";
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkConformance } from "../../../test/conformance/checks.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { openProcessRig, type ProcessRig, type ProcessRigOptions } from "../../../test/fakes/process-backend-rig.ts";
import { sandboxSchema } from "../../config/runner-schema.ts";
import { type BackendCall, BackendError, type ModelBackend } from "../../core/backend.ts";
import { Secret } from "../../core/secret.ts";
import { isAlive } from "../../lib/is-alive.ts";
import { requestLine } from "./protocol.ts";

let rigs: ProcessRig[] = [];
afterEach(async () => {
  for (const rig of rigs) await rig.stop();
  rigs = [];
});

async function open(options: ProcessRigOptions = {}): Promise<ProcessRig> {
  const rig = await openProcessRig(options);
  rigs.push(rig);
  return rig;
}

const never = () => new AbortController().signal;
const chat = (body = `{"messages":[]}`): BackendCall => ({
  ...{ method: "POST", path: "/v1/chat/completions", headers: {}, body: Buffer.from(body) },
});
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    (error: unknown) => (error instanceof BackendError ? error.code : `not typed: ${error}`),
  );

async function said(backend: ModelBackend, call = chat(), signal = never()): Promise<string> {
  const { body } = await backend.send(call, signal);
  return JSON.parse(Buffer.concat(await Array.fromAsync(body)).toString()).choices[0].message.content;
}

/** Looks until it is so; the test's own limit ends it. */
async function until(so: () => boolean): Promise<void> {
  while (!so()) await Bun.sleep(5);
}

describe("what a runner is given", () => {
  test("the body to the byte, but for line breaks between its parts", async () => {
    const body = `{\r\n  "seed": 12345678901234567890123,\n  "text": "line\\nbreak",  "own": null\n}`;
    const line = `{"id":7,"route":"/v1/completions","body":${body.replaceAll(/[\r\n]/g, " ")}}\n`;
    expect(Buffer.from(requestLine(7, "/v1/completions", Buffer.from(body))).toString()).toBe(line);
    const rig = await open();
    await rig.behave("environment");
    expect(JSON.parse(await said(rig.backend, chat(body))).body).toEqual(JSON.parse(body));
    expect(rig.heard()[0]).toMatchObject({ id: 0, route: "/v1/chat/completions" });
  });

  test("an environment that is cleared but for what is configured", async () => {
    const rig = await open({
      env: { PATH: process.env.PATH ?? "", HOME: "/h", PASSED: "on", FXN_PASSWORD: "canary", SECRET: "canary" },
      runner: {
        environment: [
          { name: "OWN", value: new Secret("a=b") },
          { name: "PASSED", value: undefined },
          { name: "ABSENT", value: undefined },
        ],
      },
    });
    await rig.behave("environment");
    const { env } = JSON.parse(await said(rig.backend));
    expect(env).toMatchObject({ OWN: "a=b", PASSED: "on", LANG: "C.UTF-8", HOME: "/h" });
    expect(
      Object.keys(env).filter((name) => !["OWN", "PASSED", "LANG", "HOME", "PATH", "PWD", "_"].includes(name)),
    ).toEqual([]);
  });
});

describe("what a runner says", () => {
  test("noise is logged, stripped and cut, and does not end it", async () => {
    const rig = await open();
    await rig.behave("healthy");
    expect(await said(rig.backend)).toBe("hello");
    expect(rig.log.lines.filter(({ message }) => message === "runner").map(({ fields }) => fields.said)).toEqual([
      "a library that prints",
    ]);
    await rig.behave("sick");
    expect(await codeOf(rig.backend.probe(never()))).toBe("connect_failed");
    await until(() => rig.log.lines.some(({ fields }) => fields.said === "no model [31m here"));
  });

  test("a refusal before the answer is an answer, one line of it; an error after half of it is a cut", async () => {
    const rig = await open();
    await rig.behave("refuses");
    const { status, body } = await rig.backend.send(chat(), never());
    expect([status, JSON.parse(Buffer.concat(await Array.fromAsync(body)).toString()).error.message]).toEqual([
      400,
      "too long",
    ]);
    rig.setHow("fails");
    expect(await codeOf(said(rig.backend))).toBe("cut");
    rig.setHow("healthy");
    expect(await said(rig.backend)).toBe("hello");
  });

  test("a line that is not of the protocol spoils its own request alone", async () => {
    const rig = await open();
    await rig.behave("spoils");
    expect(await codeOf(said(rig.backend))).toBe("bad_response");
    rig.setHow("healthy");
    expect(await said(rig.backend)).toBe("hello");
    expect(rig.log.lines.filter(({ message }) => message === "runner is down")).toEqual([]);
  });

  test("a line without end ends it", async () => {
    const rig = await open();
    await rig.behave("endless");
    expect(await codeOf(said(rig.backend))).toBe("bad_response");
    expect(rig.log.lines.at(-1)?.fields.error).toContain("a line is longer than 1048576 bytes");
  });
});

describe("places", () => {
  test("one request at a time unless it says more; who leaves the line is not served", async () => {
    const rig = await open({ concurrent: 1, silence: 30_000 });
    await rig.behave("hangs");
    const leave = new AbortController();
    const first = codeOf(said(rig.backend, chat(), leave.signal));
    await until(() => rig.heard().length === 1);
    const second = codeOf(said(rig.backend, chat(), AbortSignal.timeout(20)));
    const third = said(rig.backend);
    expect(await second).toBe("aborted");
    expect(rig.heard().length).toBe(1);
    rig.setHow("healthy");
    leave.abort();
    expect([await first, await third]).toEqual(["aborted", "hello"]);
    expect(rig.heard().map(({ id, cancel }) => [id, cancel])).toEqual([
      [0, undefined],
      [0, true],
      [1, undefined],
    ]);
  });

  test("one that does not end what was cancelled is ended, and comes back", async () => {
    const rig = await open({ concurrent: 1, silence: 200 });
    await rig.behave("healthy");
    rig.setHow("deaf");
    expect(await codeOf(said(rig.backend, chat(), AbortSignal.timeout(20)))).toBe("aborted");
    await until(() => rig.log.lines.some(({ message }) => message === "runner is down"));
    expect(rig.log.lines.at(-1)?.fields.error).toContain("did not end a cancelled request within 200 ms");
    rig.setHow("healthy");
    await until(() => rig.log.lines.filter(({ message }) => message === "runner ready").length === 2);
    expect(await said(rig.backend)).toBe("hello");
  });
});

describe("a runner's life", () => {
  test("it is started again after 1, 2, 4 … 60 s; one that has run for a minute begins anew", async () => {
    const clock = new FakeClock();
    const rig = await open({ clock });
    const waits = () =>
      rig.log.lines.filter(({ message }) => message === "runner is down").map(({ fields }) => fields.againInMs);
    const ready = () => rig.log.lines.filter(({ message }) => message === "runner ready").length;
    rig.setHow("sick");
    expect(await codeOf(rig.backend.probe(never()))).toBe("connect_failed");
    for (let lives = 1; lives < 8; lives++) {
      // Nobody who asks meanwhile starts it sooner.
      expect(await codeOf(rig.backend.probe(never()))).toBe("connect_failed");
      await clock.advance(Number(waits().at(-1)));
      await until(() => waits().length === lives + 1);
    }
    expect(waits()).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    rig.setHow("healthy");
    await clock.advance(60_000);
    await until(() => ready() === 1);
    await clock.advance(60_000);
    rig.setHow("drops");
    expect(await codeOf(said(rig.backend))).toBe("reset");
    expect(waits().at(-1)).toBe(1000);
  });

  test("what it said last is heard, though it has ended", async () => {
    const rig = await open();
    for (let i = 0; i < 10; i++) {
      await rig.behave("farewell");
      expect(await said(rig.backend)).toBe("last words ".repeat(5000));
    }
  });

  test("one that is not ready in time is ended", async () => {
    const rig = await open({ runner: { startTimeout: 300 } });
    rig.setHow("slow");
    expect(await codeOf(rig.backend.probe(never()))).toBe("connect_timeout");
  });

  test("a program that is not there", async () => {
    const rig = await open({ runner: { command: ["/nonexistent/program"] } });
    expect(await codeOf(rig.backend.probe(never()))).toBe("connect_failed");
    expect(rig.log.lines.at(-1)?.fields.error).toContain("could not be started");
  });

  test("at the node's end it goes with its whole group, and does not come back", async () => {
    const rig = await open();
    await rig.behave("orphans");
    const child = Number(await said(rig.backend));
    expect(isAlive(child)).toBe(true);
    await rig.stop();
    await until(() => !isAlive(child));
    expect(await codeOf(rig.backend.probe(never()))).toBe("connect_failed");
  });
});

describe("in its sandbox", () => {
  const wanted = ["/usr/bin/bwrap", "/usr/bin/prlimit", "/usr/bin/choom", "/usr/bin/python3"];
  const missing = process.platform === "linux" ? wanted.filter((path) => !existsSync(path)) : ["Linux"];
  const because = missing.length > 0 ? ` (skipped: ${missing.join(", ")} missing)` : "";
  test.skipIf(missing.length > 0)(
    `a runner in Python answers, and sees neither files nor environment of the node${because}`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "fxn-python-"));
      try {
        chmodSync(folder, 0o755);
        copyFileSync(join(import.meta.dir, "../../../test/fakes/runner.py"), join(folder, "runner.py"));
        const rig = await open({
          env: { PATH: process.env.PATH ?? "", SECRET: "canary" },
          runner: { command: ["python3", "runner.py"], folder, sandbox: sandboxSchema.parse({ memory: "256MB" }) },
        });
        writeFileSync(join(rig.folder, "nodekey.json"), "canary");
        await rig.backend.probe(never());
        expect(await said(rig.backend, chat(`{"messages":[{"role":"user","content":"say hello"}]}`))).toBe("say hello");
        const open_ = (path: string) =>
          said(rig.backend, chat(JSON.stringify({ messages: [{ role: "user", content: `open ${path}` }] })));
        expect(await open_("runner.py")).toContain("# A runner");
        for (const path of ["/etc/shadow", join(rig.folder, "nodekey.json")])
          expect(await open_(path)).toContain("No such file");
        expect(await open_("/proc/self/environ")).not.toContain("canary");
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );

  test("a folder that holds the node's home is refused, and nothing is run", async () => {
    const rig = await open({ runner: { folder: tmpdir(), sandbox: sandboxSchema.parse({}) } });
    expect(await codeOf(rig.backend.probe(never()))).toBe("connect_failed");
    const why = process.platform === "linux" ? "would show the node's home" : "no sandbox";
    expect(String(rig.log.lines.at(-1)?.fields.error)).toContain(why);
  });
});

describe("its own check", () => {
  test("a sandbox that cannot be made is red, with what to do; nothing is started for it", async () => {
    const rig = await open({ runner: { sandbox: sandboxSchema.parse({}) }, env: { PATH: "/nonexistent" } });
    const [finding] = await checkConformance(rig.backend.checks(new Set()), "backend.process");
    expect(finding).toMatchObject({
      id: "backend.process.sandbox",
      state: "fail",
      message: expect.stringContaining("would show the node's home"),
    });
    expect(rig.heard()).toEqual([]);
  });
});
