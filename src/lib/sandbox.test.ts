import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { processes } from "../../test/fakes/processes.ts";
import { systemClock } from "../core/clock.ts";
import { isAlive } from "./is-alive.ts";
import { createRunTool } from "./run-tool.ts";
import { SANDBOX_ENV, SandboxError, type SandboxPolicy, type SandboxPorts, sandboxed } from "./sandbox.ts";

const MB = 1024 * 1024;
const root = process.getuid?.() === 0;
const ports: SandboxPorts = {
  runTool: createRunTool({ clock: systemClock, env: process.env, platform: process.platform }),
  platform: process.platform,
  root,
};

let folder: string;
let home: string;
let policy: SandboxPolicy;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "fxn-sandbox-"));
  home = mkdtempSync(join(tmpdir(), "fxn-home-"));
  // As root the program is nobody's.
  await chmod(folder, 0o755);
  writeFileSync(join(home, "nodekey.json"), "canary");
  policy = {
    ...{ folder, readable: [], writable: [], devices: [], network: false, hidden: home },
    ...{ memoryBytes: 256 * MB, processes: 32, addressSpaceBytes: undefined, cpuSeconds: undefined },
  };
});
afterEach(() => {
  for (const path of [folder, home]) rmSync(path, { recursive: true, force: true });
});

/** A program that is there: bubblewrap refuses on some machines. */
const missing = await sandboxed(["true"], { ...emptyPolicy(), folder: "/usr" }, ports).then(
  () => undefined,
  (error: unknown) => String(error),
);
const python = existsSync("/usr/bin/python3");

function emptyPolicy(): SandboxPolicy {
  const nothing = {
    readable: [],
    writable: [],
    devices: [],
    network: false,
    addressSpaceBytes: undefined,
    cpuSeconds: undefined,
  };
  return { ...nothing, folder: "/usr", memoryBytes: 256 * MB, processes: 32, hidden: tmpdir() };
}

interface Ended {
  readonly code: number;
  readonly out: string;
}

async function run(command: readonly string[], more: Partial<SandboxPolicy> = {}, env = {}): Promise<Ended> {
  const argv = await sandboxed(command, { ...policy, ...more }, ports);
  const child = Bun.spawn(argv, { env: { ...SANDBOX_ENV, ...env }, stdout: "pipe", stderr: "pipe", cwd: "/" });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out: out + err };
}

const sh = (script: string, more: Partial<SandboxPolicy> = {}, env = {}) => run(["/bin/sh", "-c", script], more, env);
const py = (script: string, more: Partial<SandboxPolicy> = {}) => run(["/usr/bin/python3", "-c", script], more);

const inside = test.skipIf(missing !== undefined);
const because = missing === undefined ? "" : ` (skipped: ${missing})`;
const insidePython = test.skipIf(missing !== undefined || !python);
const becausePython = python ? because : " (skipped: python3 is missing)";

describe("in the sandbox", () => {
  inside(`it runs in its folder, which it reads and cannot change${because}`, async () => {
    writeFileSync(join(folder, "model.txt"), "weights");
    await chmod(join(folder, "model.txt"), 0o644);
    expect(await sh("cat model.txt; pwd")).toEqual({ code: 0, out: `weights${folder}\n` });
    const { code, out } = await sh("echo x > model.txt");
    expect([code === 0, out.includes("Read-only file system")]).toEqual([false, true]);
  });

  inside(
    `/etc/shadow, the node's key and other homes are not there, also for a node that is root${because}`,
    async () => {
      const { out } = await sh(
        `cat /etc/shadow ${home}/nodekey.json; ls /root /home /run /var /proc/1/cwd/../root; ls /etc`,
      );
      expect(out).not.toContain("canary");
      expect(out).not.toContain("root:");
      expect(out).not.toContain("shadow\n");
      expect(out.match(/No such file/g)?.length).toBeGreaterThanOrEqual(6);
    },
  );

  inside(
    `nothing outside is written: /, /usr, /dev, /proc/sys, what is readable; /tmp is its own${because}`,
    async () => {
      const data = join(folder, "data");
      mkdirSync(data);
      await chmod(data, 0o777);
      for (const path of ["/x", "/usr/x", "/dev/x", "/etc/x", "/proc/sys/kernel/hostname", `${data}/x`]) {
        expect(await sh(`echo x > ${path}`)).toMatchObject({ code: 2 });
      }
      const name = `fxn-canary-${process.pid}`;
      expect(await sh(`echo x > /tmp/${name} && cat /tmp/${name}`)).toEqual({ code: 0, out: "x\n" });
      expect(existsSync(join("/tmp", name))).toBe(false);
      expect(await sh("echo kept > x", { writable: [data], folder: data })).toMatchObject({ code: 0 });
      expect(readFileSync(join(data, "x"), "utf8")).toBe("kept\n");
    },
  );

  insidePython(`a socket reaches nothing: not the internet, not the node on this machine${becausePython}`, async () => {
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("node") });
    const knock = (host: string, port: number) =>
      `import socket\nsocket.create_connection(("${host}", ${port}), 2).close()\nprint("reached")`;
    try {
      expect((await py(knock("127.0.0.1", server.port ?? 0))).out).toContain("Connection refused");
      expect((await py(knock("192.0.2.1", 80))).out).toContain("Network is unreachable");
      expect((await py(knock("127.0.0.1", server.port ?? 0), { network: true })).out).toBe("reached\n");
    } finally {
      await server.stop(true);
    }
  });

  inside(`of the environment it has what it was given${because}`, async () => {
    const { out } = await sh("env | sort", {}, { GIVEN: "yes" });
    const names = out.split("\n").map((line) => line.split("=")[0]);
    expect(names.filter((name) => name && name !== "_")).toEqual([
      "GIVEN",
      "HOME",
      "LANG",
      "LOGNAME",
      "PATH",
      "PWD",
      "USER",
    ]);
  });

  inside(`other processes are not seen, and not killed${because}`, async () => {
    const { out } = await sh(
      `ls -d /proc/[0-9]*; cat /proc/${process.pid}/environ; kill -9 ${process.pid}; kill -9 -1`,
    );
    expect(out.match(/^\/proc\/\d+$/gm)?.length).toBeLessThan(6);
    expect(out).toContain(`/proc/${process.pid}/environ: No such file`);
    expect(isAlive(process.pid)).toBe(true);
  });

  inside(`no privileges, none to be gained, no user namespace to play root in${because}`, async () => {
    const { out } = await sh(
      "grep -E '^(CapEff|CapBnd|CapAmb|NoNewPrivs)' /proc/self/status; id -u; unshare -Ur true; mount -t tmpfs x /tmp",
    );
    expect(out).toMatch(/CapEff:\t0+\n/);
    expect(out).toMatch(/CapBnd:\t0+\n/);
    expect(out).toMatch(/NoNewPrivs:\t1\n65534\n/);
    expect(out).toMatch(/unshare: .*(No space left|Operation not permitted|Resource)/);
    expect(out).toMatch(/mount: .*(denied|permitted|superuser)/);
  });

  inside(`a fork bomb ends at its limit, and leaves nothing${because}`, async () => {
    const bomb = "i=0; while [ $i -lt 200 ]; do sleep 30.123 & i=$((i+1)); done; echo all; kill -9 -1";
    const { out } = await sh(bomb, { processes: 16 });
    expect(out).toMatch(/fork|Resource temporarily unavailable/i);
    expect(out).not.toContain("all\n");
    expect(processes().filter(({ line }) => line.includes("30.123"))).toEqual([]);
  });

  insidePython(`memory is refused beyond its limit: of the process, /tmp and /dev/shm${becausePython}`, async () => {
    expect((await py("x = bytearray(512 * 1024 * 1024)")).out).toContain("MemoryError");
    expect((await py("x = bytearray(64 * 1024 * 1024); print(len(x))")).out).toBe("67108864\n");
    // What several processes share is not of one of them, unless all that it maps is counted.
    const shared = "import mmap; x = mmap.mmap(-1, 512 * 1024 * 1024)";
    expect((await py(shared, { addressSpaceBytes: 256 * MB })).out).toContain("Cannot allocate memory");
    for (const path of ["/tmp/x", "/dev/shm/x"]) {
      const { out } = await sh(`head -c 80M /dev/zero > ${path}`, { memoryBytes: 64 * MB });
      expect(out).toContain("No space left");
    }
  });

  inside(`processor time ends it${because}`, async () => {
    expect((await sh("while :; do :; done", { cpuSeconds: 1 })).code).not.toBe(0);
  });

  inside(
    `limits cannot be raised again, nor its rank; it is the first to go when memory is short${because}`,
    async () => {
      const { out } = await sh("prlimit --nproc=9999 --pid $$; nice -n -5 true; cat /proc/self/oom_score_adj");
      expect(out).toMatch(/prlimit: .*(permitted|denied)/);
      expect(out).toMatch(/nice: .*(permitted|denied)/i);
      expect(out).toContain("1000\n");
    },
  );

  inside(`it does not outlive the process that was started, nor does what it has started${because}`, async () => {
    const argv = await sandboxed(["/bin/sh", "-c", "setsid sleep 30.321 & echo up; sleep 30.321"], policy, ports);
    const child = Bun.spawn(argv, { env: SANDBOX_ENV, stdout: "pipe", stderr: "pipe" });
    for await (const _ of child.stdout) break;
    child.kill("SIGKILL");
    await child.exited;
    const left = () => processes().filter(({ line }) => line.includes("30.321") && !line.includes("bwrap"));
    for (let i = 0; i < 100 && left().length > 0; i++) await Bun.sleep(20);
    expect(left()).toEqual([]);
  });

  inside(`open files of the node stay with the node${because}`, async () => {
    const { out } = await sh("ls /proc/self/fd");
    expect(
      out
        .trim()
        .split(/\s+/)
        .filter((fd) => Number(fd) > 3),
    ).toEqual([]);
  });
});

describe("a sandbox is refused", () => {
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => "none",
      (error: unknown) => (error instanceof SandboxError ? `${error.code}: ${error.message}` : String(error)),
    );

  test("where there is none, and where bubblewrap is missing or cannot make namespaces", async () => {
    expect(await codeOf(sandboxed(["true"], policy, { ...ports, platform: "darwin" }))).toContain("only on Linux");
    const absent = { ...ports, platform: "linux", runTool: async () => undefined } as const;
    expect(await codeOf(sandboxed(["true"], policy, absent))).toBe("sandbox_unavailable: no sandbox: nice is missing");
    const failing = {
      ...ports,
      platform: "linux",
      runTool: async () => ({ exitCode: 1, stdout: "", stderr: "bwrap: No permissions to create new namespace\n" }),
    } as const;
    expect(await codeOf(sandboxed(["true"], policy, failing))).toContain("No permissions to create new namespace");
  });

  test("for a path that would show the node's home, directly, from above, or by a link", async () => {
    symlinkSync(tmpdir(), join(folder, "link"));
    for (const path of [home, tmpdir(), "/", join(folder, "link")]) {
      expect(
        await codeOf(sandboxed(["true"], { ...policy, readable: [path] }, { ...ports, platform: "linux" })),
      ).toContain("would show the node's home");
    }
    const none = { ...policy, writable: [join(folder, "absent")] };
    expect(await codeOf(sandboxed(["true"], none, { ...ports, platform: "linux" }))).toContain(
      "absent cannot be given",
    );
    const stray = { ...policy, devices: ["/usr"] };
    expect(await codeOf(sandboxed(["true"], stray, { ...ports, platform: "linux" }))).toContain("/usr is no device");
  });
});
