// With real programs: scripts that answer, hang, flood and leave children behind.
import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock } from "../../test/fakes/clock.ts";
import { createRunTool, type Tool, ToolError } from "./run-tool.ts";

const dir = mkdtempSync(join(tmpdir(), "fxn-run-tool-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A script of this name in the test's folder. */
function script(name: string, lines: string): Tool {
  writeFileSync(join(dir, name), `#!/bin/sh\n${lines}\n`);
  chmodSync(join(dir, name), 0o755);
  return { name, alsoIn: [dir], timeoutMs: 5000, maxBytes: 10_000 };
}

/** A clock that says when a time limit was set: the program then runs. */
class WatchedClock extends FakeClock {
  readonly started = Promise.withResolvers<void>();

  override after(ms: number, fn: () => void): () => void {
    this.started.resolve();
    return super.after(ms, fn);
  }
}

function runner(clock = new WatchedClock(), env: Record<string, string> = { PATH: process.env.PATH ?? "" }) {
  return { clock, run: createRunTool({ clock, env, platform: "linux" }) };
}

/** Kills with signal 0 ask whether a process is there. */
async function ended(pid: number, withinMs = 10_000): Promise<boolean> {
  const last = performance.now() + withinMs;
  do {
    try {
      process.kill(pid, 0);
      // A zombie, which init has not collected, has ended too.
      if (/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))) return true;
    } catch {
      return true;
    }
    await Bun.sleep(2);
  } while (performance.now() < last);
  return false;
}

describe("running a tool", () => {
  test("what it prints and how it ends, with arguments that no shell reads", async () => {
    const tool = script("answers", `printf '%s|' "$@"; echo oops >&2; exit 3`);
    const { run } = runner();
    expect(await run(tool, ["a b", "$(id)", "; ls"])).toEqual({
      exitCode: 3,
      stdout: "a b|$(id)|; ls|",
      stderr: "oops\n",
    });
  });

  test("a program that is not there is no error", async () => {
    const { run } = runner();
    expect(await run({ ...script("x", ""), name: "fxn-no-such-tool" }, [])).toBeUndefined();
  });

  test("a file that cannot be started says so", async () => {
    const tool = script("garbage", "");
    writeFileSync(join(dir, "garbage"), "\u007fELF no program");
    const { run } = runner();
    await expect(run(tool, [])).rejects.toMatchObject({ code: "tool_not_started" });
  });

  test("one that hangs is killed at its limit, with the children it started", async () => {
    const tool = script(
      "hangs",
      `sleep 600 & echo $! > ${dir}/child; echo $$ > ${dir}/ready.tmp; mv ${dir}/ready.tmp ${dir}/ready; wait`,
    );
    const { clock, run } = runner();
    const running = run(tool, []);
    await clock.started.promise;
    const pids = await bothPids();
    await clock.advance(4999);
    expect(await ended(pids[0], 50)).toBe(false);
    await clock.advance(1);
    await expect(running).rejects.toMatchObject({
      code: "tool_timeout",
      message: "hangs did not answer within 5000 ms",
    });
    expect(await Promise.all(pids.map((pid) => ended(pid)))).toEqual([true, true]);
  });

  test("one that floods is killed at its limit", async () => {
    const tool = script("floods", `echo $$ > ${dir}/flood; yes`);
    const { run } = runner();
    expect(await run(tool, []).catch((error: unknown) => error)).toMatchObject({
      code: "tool_output_too_large",
      message: "floods printed more than 10000 bytes",
    });
    expect(await ended(Number(readFileSync(join(dir, "flood"), "utf8")))).toBe(true);
  });

  test("one that ends while a child holds its output is waited for until its limit, and can be run again", async () => {
    const tool = script("leaves", `[ "$1" = quick ] || sleep 600 &\nexit 0`);
    const { clock, run } = runner();
    const outcome = run(tool, []).catch((error: unknown) => error);
    await clock.started.promise;
    await clock.advance(5000);
    expect(await outcome).toMatchObject({ code: "tool_timeout" });
    expect(await onceNotStuck(() => run(tool, ["quick"]))).toMatchObject({ exitCode: 0 });
  });

  test("a hanging driver does not gather processes: none is started while a killed one lives on", async () => {
    const tool = script("stuck", `[ "$1" = quick ] || exec sleep 600`);
    const { clock, run } = runner();
    const outcome = run(tool, []).catch((error: unknown) => error);
    await clock.started.promise;
    await clock.advance(5000);
    await outcome;
    // Killed just now: no turn of the event loop has told of its end.
    await expect(run(tool, ["quick"])).rejects.toMatchObject({ code: "tool_stuck" });
    expect(await onceNotStuck(() => run(tool, ["quick"]))).toMatchObject({ exitCode: 0 });
  });

  test("it sees PATH, HOME and the C locale, and no secret of ours", async () => {
    const tool = script("env", "/usr/bin/env");
    const env = {
      PATH: "/usr/bin:/bin",
      HOME: "/home/me",
      LANG: "de_DE.UTF-8",
      FXN_PASSWORD: "secret",
      LD_PRELOAD: "x",
    };
    const { run } = runner(new WatchedClock(), env);
    const lines = ((await run(tool, []))?.stdout ?? "")
      .split("\n")
      .filter((line) => !/^(PWD|SHLVL|_|OLDPWD)=|^$/.test(line));
    expect(lines.sort()).toEqual(["HOME=/home/me", "LANG=C", "LC_ALL=C", "PATH=/usr/bin:/bin"]);
  });

  test("PATH injection: a tool in the folder that fxn was started in is not run", async () => {
    script("fxn-evil", "echo evil");
    const was = process.cwd();
    process.chdir(dir);
    try {
      const { run } = runner(new WatchedClock(), { PATH: ".::" });
      expect(await run({ name: "fxn-evil", alsoIn: [], timeoutMs: 5000, maxBytes: 100 }, [])).toBeUndefined();
    } finally {
      process.chdir(was);
    }
  });
});

/** The script's and its child's. */
async function bothPids(): Promise<[number, number]> {
  for (;;) {
    const pids = [read("ready"), read("child")];
    if (pids[0] && pids[1]) return [pids[0], pids[1]];
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function read(name: string): number {
  try {
    return Number(readFileSync(join(dir, name), "utf8"));
  } catch {
    return 0;
  }
}

async function onceNotStuck<T>(run: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof ToolError && error.code === "tool_stuck")) throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
