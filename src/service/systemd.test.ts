import { afterAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { paths, SERVICE, serviceManagerConformance } from "../../test/conformance/service-managers.ts";
import type { Service, ServiceFile } from "./manager.ts";
import { systemd } from "./systemd.ts";

const unquoted = (text: string) => text.replace(/\\(.)/g, "$1");
const words = (line: string) => [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = ""]) => unquoted(word));
const filledIn = (text: string) => text.replaceAll("%%", "%");

function setting({ text }: ServiceFile, name: string): string | undefined {
  return text
    .split("\n")
    .find((line) => line.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

const command = (file: ServiceFile) =>
  words(setting(file, "ExecStart") ?? "").map((word, i) => filledIn(i === 0 ? word.replace(/^:/, "") : word));

serviceManagerConformance(systemd, {
  command,
  passwordFile(file) {
    const credential = setting(file, "LoadCredential");
    return credential === undefined ? undefined : filledIn(credential.replace(/^fxn-password:/, ""));
  },
  skeleton: ({ text }) =>
    text.replace(/^(ExecStart|ExecReload|LoadCredential|ReadWritePaths|ProtectHome)=.*$/gm, "$1="),
});

const unit = (change: Partial<Service> = {}) => systemd.files({ ...SERVICE, ...change })[0]?.text ?? "";

describe("a systemd unit", () => {
  test("of the machine: the home's owner runs it, and writes there alone", () => {
    expect(unit()).toContain('User=ada\nReadWritePaths="/srv/fxn"\n');
    expect(unit()).toContain("ProtectSystem=strict");
  });

  test("by a user whom systemd makes: the state's folder is handed over to it", () => {
    const text = unit({ home: "/var/lib/fxn", user: { state: "fxn" } });
    expect(text).toContain("DynamicUser=yes\nStateDirectory=fxn\nStateDirectoryMode=0700\n");
    expect(text).not.toContain("\nUser=");
  });

  test("of one user: nothing that only root may ask for, and the password from its file", () => {
    const text = unit({ system: false, passwordFile: "/home/ada/pw" });
    expect(text).not.toMatch(/^(User|DynamicUser|LoadCredential|CapabilityBoundingSet|ProtectSystem|PrivateTmp)=/m);
    expect(text).toContain('"--password-file" "/home/ada/pw"');
    expect(text).toContain("WantedBy=default.target");
    expect(systemd.install({ ...SERVICE, system: false }).map(({ words }) => words.join(" "))).toEqual([
      "systemctl --user daemon-reload",
      "systemctl --user enable fxn.service",
      "systemctl --user restart fxn.service",
    ]);
  });

  test("nothing in it keeps a GPU away, or a program that compiles at run time", () => {
    expect(unit()).not.toMatch(
      /^(PrivateDevices|ProtectClock|DeviceAllow|DevicePolicy|MemoryDenyWriteExecute|ProcSubset)=/m,
    );
    expect(unit({ groups: ["render", "video"] })).toContain("SupplementaryGroups=render video\n");
    expect(unit()).not.toContain("SupplementaryGroups");
  });

  test("a home, or a program, among the users' is seen; otherwise theirs are not", () => {
    expect(unit()).toContain("ProtectHome=yes");
    expect(unit({ home: "/home/ada/.fxn" })).toContain("ProtectHome=read-only");
    expect(unit({ program: ["/root/fxn"] })).toContain("ProtectHome=read-only");
  });

  test("it has as long to stop as the configuration says, and then some", () => {
    expect(unit({ deadlineMs: 90_500 })).toContain("TimeoutStopSec=106\n");
  });

  test("it is begun again however it ends, but for what does not mend itself, and what hangs is killed", () => {
    expect(unit()).toContain("WatchdogSignal=SIGKILL\nRestart=always\n");
    expect(unit()).toContain("RestartPreventExitStatus=2 77 78 79\n");
  });

  test("reloading it is fxn reload", () => {
    expect(unit()).toContain('ExecReload=":/opt/fxn" "reload" "--home" "/srv/fxn"\n');
  });

  test("one ability for a port that is root's, else none", () => {
    expect(unit()).toContain("CapabilityBoundingSet=\n");
    expect(unit({ lowPort: true })).toContain("AmbientCapabilities=CAP_NET_BIND_SERVICE\n");
  });
});

const folders: string[] = [];
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "fxn-unit-"));
  chmodSync(made, 0o755);
  folders.push(made);
  return made;
}
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true });
});

const analyze = Bun.which("systemd-analyze");
const noAnalyze = analyze === null ? " (skipped: systemd-analyze is not installed)" : "";

describe.skipIf(analyze === null)(`systemd-analyze itself${noAnalyze}`, () => {
  const run = (...args: string[]) => {
    const { stdout, stderr, status } = spawnSync(analyze ?? "", ["--no-pager", ...args], { encoding: "utf8" });
    return { output: `${stdout}${stderr}`, exitCode: status };
  };
  /** A program that is there, with a name that has everything in it. */
  const written = (change: Partial<Service>) => {
    const dir = folder();
    const program = join(dir, "a b%c$d;e&ü");
    writeFileSync(program, "#!/bin/sh\n", { mode: 0o755 });
    const path = join(dir, "fxn.service");
    writeFileSync(path, unit({ user: { name: "daemon" }, program: [program], passwordFile: '/etc/a b%"', ...change }));
    return path;
  };

  for (const [name, change] of [
    ["a user's", {}],
    ["a dynamic user's", { home: "/var/lib/fxn", user: { state: "fxn" } }],
  ] as const) {
    test(`finds nothing wrong with the unit: ${name}`, () => {
      expect(run("verify", "--man=no", written(change))).toEqual({ output: "", exitCode: 0 });
    });

    // What is left is the network, other users' names, and /proc, which the node needs.
    test(`says that it is exposed to less than 3 of 10: ${name}`, () => {
      const { output } = run("security", "--offline=true", written(change));
      const exposure = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(output)?.[1]);
      expect(exposure).toBeGreaterThan(0);
      expect(exposure).toBeLessThan(3);
    });
  }

  test("would say so if the program were not there, or a setting none", () => {
    expect(run("verify", "--man=no", written({ program: ["/nonexistent/fxn"] })).exitCode).not.toBe(0);
    const path = written({});
    writeFileSync(path, unit().replace("UMask=", "Umask="));
    expect(run("verify", "--man=no", path).output).toContain("Umask");
  });
});

const SYSTEMD = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"].find((path) => existsSync(path));
const noSystemd = SYSTEMD === undefined ? " (skipped: systemd is not installed)" : "";

describe.skipIf(SYSTEMD === undefined)(`systemd itself${noSystemd}`, () => {
  test("reads the paths back as they were: a hundred units at once, in its test mode", () => {
    const dir = folder();
    const taken = fc.sample(fc.record({ program: paths, home: paths }), { numRuns: 500, seed: 7 }).flatMap((path) => {
      try {
        // What it does to paths on its own: // becomes /, and / at the end goes.
        if (/\/\/|\/$|\/\.\.?(\/|$)/.test(path.program + path.home)) return [];
        return [{ ...path, text: unit({ program: [path.program], home: path.home }) }];
      } catch {
        return [];
      }
    });
    expect(taken.length).toBeGreaterThan(100);
    const names = taken.map((_, i) => `u${i}.service`);
    for (const [i, { text }] of taken.entries()) writeFileSync(join(dir, `u${i}.service`), text);
    writeFileSync(join(dir, "all.target"), `[Unit]\n${names.map((name) => `Wants=${name}\n`).join("")}`);
    // It refuses to be tried out as root.
    const { stdout } = spawnSync(SYSTEMD ?? "", ["--test", "--system", "--unit=all.target"], {
      env: { SYSTEMD_UNIT_PATH: dir, XDG_RUNTIME_DIR: dir, LANG: "C.UTF-8" },
      encoding: "utf8",
      maxBuffer: 1 << 28,
      ...(process.getuid?.() === 0 && { uid: 65_534, gid: 65_534 }),
    });
    const units = new Map(stdout.split("-> Unit ").map((part) => [part.slice(0, part.indexOf(":")), part] as const));
    for (const [i, { program, home }] of taken.entries()) {
      const shown = units.get(`u${i}.service`) ?? "";
      expect(/ReadWritePaths: (.*)/.exec(shown)?.[1]).toBe(home);
      expect(shownWords(/Command Line: (.*)/.exec(shown)?.[1] ?? "")).toEqual([program, "start", "--home", home]);
    }
  });
});

/** As it prints them: like a shell's. */
function shownWords(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, inQuotes, bare = ""]) => unquoted(inQuotes ?? bare));
}
