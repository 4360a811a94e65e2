// The node as a service: what is shown, what is written for a stand-in of systemd, and what the real node tells systemd.

import { afterAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";
import { barrier, RUN } from "../../src/service/access.ts";
import { alive } from "../fakes/alive.ts";
import { type NotifySocket, openNotifySocket } from "../fakes/notify-socket.ts";
import vectors from "../vectors/function.json";
import { BINARY, fxn, killAll, makeHome, removeHome, startNode, writeConfig, writeGoKey } from "./node.ts";
import { until } from "./until.ts";

const made: string[] = [];
afterAll(async () => {
  await killAll();
  for (const folder of made) removeHome(folder);
});
function home(): string {
  const dir = makeHome();
  made.push(dir);
  return dir;
}

describe("service install --print", () => {
  for (const [platform, file, commands] of [
    ["linux", "fxn.service", ["systemctl"]],
    ["darwin", "fxn.plist", ["launchctl bootstrap"]],
    ["win32", "fxn-task.xml", ["schtasks /Create /TN fxn /XML"]],
  ] as const) {
    test(`shows for ${platform} the file and every command, and writes nothing`, async () => {
      const user = home();
      const dir = join(user, "no such home");
      const args = ["service", "install", "--print", "--platform", platform, "--home", dir];
      const { code, stdout } = await fxn(args, { env: { HOME: user } });
      expect(code).toBe(0);
      expect(stdout).toContain(file);
      expect(stdout).toContain(dir);
      expect(stdout).toContain("Written by fxn service install");
      for (const command of commands) expect(stdout).toContain(`\n$ ${command}`);
      expect(existsSync(dir)).toBeFalse();
      expect(Bun.spawnSync(["find", user, "-type", "f"]).stdout.toString()).toBe("");
    });
  }

  test("says beside it what would be refused", async () => {
    const { code, stderr } = await fxn(["service", "install", "--print", "--home", home()]);
    expect(code).toBe(0);
    expect(stderr).toContain("There is no key at");
  });

  test("an unknown system, or another one without --print, is refused", async () => {
    const unknown = await fxn(["service", "install", "--print", "--platform", "sunos", "--home", home()]);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain("systemd (linux)");
    expect((await fxn(["service", "install", "--platform", "darwin", "--home", home()])).code).toBe(2);
  });

  test("unit injection: a home with a new line in its name is refused, and no text of it is shown", async () => {
    const dir = join(home(), "a\nExecStartPre=/evil");
    const { code, stdout } = await fxn(["service", "install", "--print", "--home", dir]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  });
});

const NOBODY = 65_534;
const BUILT = dirname(BINARY);

/** Why a service cannot be installed from here. */
function whyNot(): string | undefined {
  if (process.platform !== "linux") return "not Linux";
  if (!existsSync(BINARY)) return "dist/fxn is missing";
  const inTemporary = [tmpdir(), "/tmp", "/var/tmp"].some((dir) => realpathSync(BUILT).startsWith(dir + sep));
  if (inTemporary) return "this checkout lies in a temporary folder";
  const closed = process.getuid?.() === 0 && barrier(BINARY, { uid: NOBODY, gids: [] }, RUN);
  return closed ? `${closed} is closed to other users` : undefined;
}

/** A user with an empty home, for whom systemd's programs are the stand-in. Root plays another user. */
function makeUser() {
  const dir = mkdtempSync(join(BUILT, "service-"));
  made.push(dir);
  const bin = join(dir, "bin");
  mkdirSync(bin);
  const standIn = join(import.meta.dir, "..", "fakes", "service-manager.sh");
  for (const name of ["systemctl", "journalctl"]) symlinkSync(standIn, join(bin, name));
  const node = join(dir, `.fxn b%c$d"é`);
  mkdirSync(node);
  writeGoKey(node, vectors.keys.node);
  const root = process.getuid?.() === 0;
  chmodSync(node, 0o700);
  if (root) for (const path of [dir, node, join(node, "nodekey.json")]) chownSync(path, NOBODY, NOBODY);
  const calls = join(dir, "calls");
  return {
    node,
    unit: join(dir, ".config/systemd/user/fxn.service"),
    fxn(args: readonly string[], env: Record<string, string> = {}) {
      rmSync(calls, { force: true });
      const PATH = `${bin}:/usr/bin:/bin`;
      const { status, stdout, stderr } = spawnSync(BINARY, [...args, "--home", node], {
        cwd: "/",
        env: { PATH, HOME: dir, CALLS: calls, LANG: "C.UTF-8", ...env },
        encoding: "utf8",
        ...(root && { uid: NOBODY, gid: NOBODY }),
      });
      const called = existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : [];
      return { code: status, stdout, stderr, called };
    },
  };
}

const reason = whyNot();
describe.skipIf(reason !== undefined)(`a user's own service${reason ? ` (skipped: ${reason})` : ""}`, () => {
  const ASKED = "systemctl --user is-system-running";

  test("installed, seen to be installed, its log shown, removed, seen to be gone; the home stays", () => {
    const user = makeUser();
    const shown = user.fxn(["service", "install", "--print"]);
    expect(shown.stderr).toBe("");
    expect(shown.called).toEqual([]);

    const installed = user.fxn(["service", "install"]);
    expect(installed.stderr).toBe("");
    expect(installed.code).toBe(0);
    expect(installed.stdout).toContain("loginctl enable-linger");
    expect(installed.called).toEqual([
      ASKED,
      "systemctl --user daemon-reload",
      "systemctl --user enable fxn.service",
      "systemctl --user restart fxn.service",
    ]);
    const text = readFileSync(user.unit, "utf8");
    expect(text).toContain(`"--home" "${user.node.replace("%", "%%").replace('"', '\\"')}"`);
    expect(shown.stdout).toContain(text);

    const again = user.fxn(["service", "install"]);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain("installed already");
    expect(again.called).toEqual([ASKED]);

    const logs = user.fxn(["service", "logs", "-f", "-n", "7"], { ENDS_WITH: "3" });
    expect(logs.called).toEqual(["journalctl --user-unit fxn.service --output=cat --lines=7 --follow"]);
    expect(logs.code).toBe(3);

    const removed = user.fxn(["service", "remove"]);
    expect(removed.code).toBe(0);
    expect(removed.called[1]).toBe("systemctl --user disable --now fxn.service");
    expect(existsSync(user.unit)).toBeFalse();
    expect(existsSync(join(user.node, "nodekey.json"))).toBeTrue();

    const gone = user.fxn(["service", "remove"]);
    expect(gone.code).toBe(0);
    expect(gone.stdout).toContain("Nothing is installed");
    expect(gone.called).toEqual([]);
  });

  test("another setting needs --force", () => {
    const user = makeUser();
    expect(user.fxn(["service", "install"]).code).toBe(0);
    const before = readFileSync(user.unit, "utf8");
    writeFileSync(join(user.node, "config.yaml"), "shutdown:\n  deadline: 5m\n");
    const refused = user.fxn(["service", "install"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("--force");
    expect(readFileSync(user.unit, "utf8")).toBe(before);
    expect(user.fxn(["service", "install", "--force"]).code).toBe(0);
    expect(readFileSync(user.unit, "utf8")).toContain("TimeoutStopSec=315");
  });

  test("the node of a home that is closed to this user: who may ask is said", () => {
    const user = makeUser();
    chmodSync(user.node, 0);
    const { code, stderr } = user.fxn(["status"]);
    chmodSync(user.node, 0o700);
    expect(code).toBe(1);
    expect(stderr).toContain("may not enter");
    expect(stderr).toContain("sudo");
    expect(stderr).not.toContain("EACCES");
  });

  test("without a running systemd, or a key, nothing is written", () => {
    const user = makeUser();
    const offline = user.fxn(["service", "install"], { RUNNING: "offline" });
    expect(offline.code).toBe(1);
    expect(offline.stderr).toContain("systemd does not run here: offline");
    rmSync(join(user.node, "nodekey.json"));
    const keyless = user.fxn(["service", "install"]);
    expect(keyless.code).toBe(1);
    expect(keyless.called).toEqual([]);
    expect(existsSync(user.unit)).toBeFalse();
  });
});

const linux = process.platform === "linux";
describe.skipIf(!linux)(`sd_notify${linux ? "" : " (skipped: not Linux)"}`, () => {
  function prepare(port: number, workers: number) {
    const dir = home();
    writeGoKey(dir, vectors.keys.node);
    writeConfig(dir, {
      node: { listenPort: port },
      admin: { listen: "127.0.0.1:0" },
      server: { workers },
      rpcProvider: "http://127.0.0.1:9",
    });
    const name = `@fxn-e2e-${process.pid}-${Math.random()}`;
    return { dir, name, socket: openNotifySocket(name) };
  }
  const unread = new Map<NotifySocket, string[][]>();
  /** What came up to the datagram with what is wanted; what came after it is for the next call. */
  const next = async (socket: NotifySocket, wanted: string): Promise<string[]> => {
    const all = unread.get(socket) ?? [];
    const wantedAt = () => all.findIndex((lines) => lines.includes(wanted));
    await until(() => {
      all.push(...socket.received());
      return wantedAt() >= 0;
    }, 20_000);
    unread.set(socket, all);
    return all.splice(0, wantedAt() + 1).flat();
  };

  for (const workers of [1, 2]) {
    test(`${workers} workers: READY=1 once callers are answered, STOPPING=1 at SIGTERM`, async () => {
      const free = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
      const port = free.port ?? 0;
      await free.stop(true);
      const { dir, name, socket } = prepare(port, workers);
      const starting = startNode(dir, { env: { NOTIFY_SOCKET: name, WATCHDOG_USEC: "200000" } });
      const first = await next(socket, "READY=1");
      expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
      const node = await starting;
      expect(first).toContain(`MAINPID=${node.pid}`);
      expect(first.find((line) => line.startsWith("STATUS="))).toContain("not ready: ");
      await next(socket, "WATCHDOG=1");
      expect(await node.stop()).toBe(0);
      const last = socket.received().flat();
      expect(last).toContain("STOPPING=1");
      expect(last).toContain("EXTEND_TIMEOUT_USEC=40000000");
      socket.close();
    }, 60_000);
  }

  test("fxn restart: systemd hears which process the service is now, and the first one ends", async () => {
    const { dir, name, socket } = prepare(0, 2);
    const node = await startNode(dir, { env: { NOTIFY_SOCKET: name } });
    expect(await next(socket, "READY=1")).toContain(`MAINPID=${node.pid}`);
    expect(await fxn(["restart", "--home", dir])).toMatchObject({ code: 0, stderr: "" });
    const told = await next(socket, "READY=1");
    const main = Number(told.find((line) => line.startsWith("MAINPID="))?.slice("MAINPID=".length));
    expect(main).not.toBe(node.pid);
    expect(told).not.toContain("STOPPING=1");
    expect(await node.exited).toBe(0);
    expect((await fxn(["status", "--home", dir])).stdout).toContain("listens on");
    process.kill(main, "SIGTERM");
    await next(socket, "STOPPING=1");
    await until(() => !alive(main), 10_000);
    socket.close();
  }, 60_000);

  test("SIGHUP as a service is fxn reload: systemd hears of it, the log says what came of it", async () => {
    const { dir, name, socket } = prepare(0, 2);
    const node = await startNode(dir, { env: { NOTIFY_SOCKET: name } });
    await next(socket, "READY=1");
    const right = readFileSync(join(dir, "config.yaml"), "utf8");
    writeFileSync(join(dir, "config.yaml"), `${right}\nqueue: { size: 77 }\n`);
    node.signal("SIGHUP");
    const told = await next(socket, "RELOADING=1");
    const [uptime = ""] = readFileSync("/proc/uptime", "utf8").split(" ");
    const since = Number(told.find((line) => line.startsWith("MONOTONIC_USEC="))?.slice("MONOTONIC_USEC=".length));
    expect(Math.abs(since / 1e6 - Number(uptime))).toBeLessThan(10);
    await next(socket, "READY=1");
    expect(await node.logged("configuration reloaded")).toMatchObject({ effects: 1 });
    writeFileSync(join(dir, "config.yaml"), "nonsense: 1\n");
    node.signal("SIGHUP");
    await next(socket, "RELOADING=1");
    await next(socket, "READY=1");
    expect(await node.logged("configuration not reloaded: the node goes on as it was")).toMatchObject({
      error: expect.stringContaining("nonsense"),
    });
    expect(await node.stop()).toBe(0);
    socket.close();
  }, 60_000);

  test("SIGHUP without a service manager is a terminal that closes: it ends the node", async () => {
    const { dir, socket } = prepare(0, 1);
    const node = await startNode(dir);
    node.signal("SIGHUP");
    expect(await node.exited).toBe(129);
    socket.close();
  }, 60_000);

  test("a node whose port is taken is never ready", async () => {
    const taken = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const { dir, name, socket } = prepare(taken.port ?? 0, 1);
    expect((await fxn(["start", "--home", dir], { env: { NOTIFY_SOCKET: name } })).code).toBe(1);
    expect(socket.received()).toEqual([]);
    await taken.stop(true);
    socket.close();
  }, 60_000);
});
