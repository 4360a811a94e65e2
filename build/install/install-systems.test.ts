// install.sh on systems that lack something, in odd places, cut short, and where there is next to nothing but it.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyRoot, emptyRootMissing, librariesOf } from "../../test/fakes/empty-root.ts";
import {
  InstallWorld,
  KEY,
  noVerifier,
  type Run,
  SCRIPT,
  skipped,
  TOOLS,
  VERIFIER,
} from "../../test/fakes/install-world.ts";
import { writeRelease } from "../../test/fakes/release.ts";

let world: InstallWorld;
beforeEach(async () => {
  world = await InstallWorld.open();
});
afterEach(() => world.close());

describe("what it needs", () => {
  test("nothing that can check a signature: refused, never done without", async () => {
    await world.expectRefused("install minisign", { env: { PATH: world.only(...TOOLS, "sha256sum") } });
    const path = world.only(...TOOLS, "sha256sum");
    for (const version of ["LibreSSL 3.3.6", "OpenSSL 1.1.1w  11 Sep 2023"]) {
      writeFileSync(join(path, "openssl"), `#!/bin/sh\necho "${version}"\n`, { mode: 0o755 });
      await world.expectRefused("install minisign", { env: { PATH: path } });
    }
  });

  test("nothing that can hash, unpack or download: refused, with its name", async () => {
    const fake = (...names: string[]) => {
      const path = world.only(...names);
      writeFileSync(join(path, "minisign"), "#!/bin/sh\n", { mode: 0o755 });
      return { PATH: path };
    };
    await world.expectRefused("SHA-256", { env: fake(...TOOLS) });
    await world.expectRefused("gzip is needed", { env: fake(...TOOLS.filter((name) => name !== "gzip"), "sha256sum") });
    await world.expectRefused("curl or wget", {
      words: world.usual("https://127.0.0.1:1"),
      env: fake(...TOOLS, "sha256sum"),
    });
  });

  test("unfilled, it asks where releases lie and who signs them", async () => {
    await world.expectRefused("--from", { words: ["--to", world.destination] });
    await world.expectRefused("--public-key", { words: ["--to", world.destination, "--from", world.release] });
    await world.expectRefused("is no public key", { words: world.usual(world.release, "RWabc") });
  });

  test("words that it does not know: exit 2", async () => {
    expect((await world.install({ words: ["--frm", world.release] })).code).toBe(2);
    expect((await world.install({ words: ["--from"] })).code).toBe(2);
    expect((await world.install({ words: ["--help"] })).stdout).toContain("--allow-downgrade");
    world.expectUntouched();
  });
});

describe.skipIf(noVerifier !== "")(`the system${noVerifier}`, () => {
  const pretending = (programs: Record<string, string>): Run => {
    const path = world.only();
    for (const [name, says] of Object.entries(programs))
      writeFileSync(join(path, name), `#!/bin/sh\n${says}\n`, { mode: 0o755 });
    return { env: { PATH: `${path}:${process.env.PATH}` } };
  };
  const uname = (system: string, machine: string) => `[ "$1" = -s ] && echo ${system} || echo ${machine}`;

  test("a Mac gets the file of its chip, also under Rosetta", async () => {
    const rosetta = { uname: uname("Darwin", "x86_64"), sysctl: "echo 1" };
    await world.expectRefused("no file for darwin-arm64", pretending(rosetta));
    await world.expectRefused("no file for darwin-x64", pretending({ ...rosetta, sysctl: "exit 1" }));
    await world.expectRefused("no file for darwin-arm64", pretending({ uname: uname("Darwin", "arm64") }));
  });

  test("what fxn is not built for is named", async () => {
    await world.expectRefused("not built for FreeBSD", pretending({ uname: uname("FreeBSD", "amd64") }));
    await world.expectRefused("of kind riscv64", pretending({ uname: uname("Linux", "riscv64") }));
    await world.expectRefused("install.ps1", pretending({ uname: uname("MINGW64_NT-10.0", "x86_64") }));
  });
});

describe.skipIf(noVerifier !== "")(`where it goes${noVerifier}`, () => {
  test("blanks and quotes in all paths", async () => {
    const odd = join(world.folder, `a 'b' "c" $d`);
    cpSync(world.release, odd, { recursive: true });
    world.destination = join(odd, "new bin");
    await world.expectInstalled({ words: world.usual(odd) });
  });

  test("no folder, no words: ~/.local/bin, and PATH is spoken of", async () => {
    world.destination = join(world.folder, ".local", "bin");
    const path = world.only(...TOOLS, "sha256sum", VERIFIER);
    rmSync(join(path, "id"));
    writeFileSync(join(path, "id"), "#!/bin/sh\necho 1000\n", { mode: 0o755 });
    const words = ["--public-key", KEY];
    const { stdout } = await world.install({ words, env: { PATH: path, FXN_INSTALL_FROM: world.release } });
    expect(stdout).toContain(`export PATH="${world.destination}:$PATH"`);
    const again = await world.install({
      words,
      env: { PATH: `${path}:${world.destination}`, FXN_INSTALL_FROM: world.release },
    });
    expect([again.code, again.stdout]).toEqual([0, expect.not.stringContaining("export PATH")]);
  });

  test("a folder that cannot be written to, or in which fxn is a folder, is refused", async () => {
    await world.expectRefused("cannot be written to", { words: [...world.usual(), "--to", "/proc/fxn/bin"] });
    mkdirSync(join(world.folder, "taken", "fxn"), { recursive: true });
    await world.expectRefused("is a folder", { words: [...world.usual(), "--to", join(world.folder, "taken")] });
  });

  test("folders that it made go when it fails", async () => {
    rmSync(join(world.release, world.archive));
    const { code } = await world.install({ words: [...world.usual(), "--to", join(world.folder, "new", "er", "bin")] });
    expect([code, existsSync(join(world.folder, "new"))]).toEqual([1, false]);
  });
});

describe("a script that was cut", () => {
  const text = readFileSync(SCRIPT, "utf8");
  const shells = [["sh"], ["bash"], ["dash"], ["busybox", "sh"]].filter(([name]) => Bun.which(name ?? ""));

  for (const shell of shells)
    test(`${shell.join(" ")} runs nothing of it, wherever it was cut`, async () => {
      const end = text.trimEnd().length;
      // Line ends all over it, and within the last lines every byte.
      const cuts = [...text.matchAll(/\n/g)].map(({ index }) => index).filter((at, i) => i % 25 === 0 && at < end - 20);
      for (let at = end - 20; at < end; at++) cuts.push(at);
      for (const cut of cuts) {
        const { stdout } = await world.install({ shell, stdin: text.slice(0, cut) });
        expect(stdout).toBe("");
      }
      world.expectUntouched();
    });

  for (const shell of shells)
    test.skipIf(noVerifier !== "")(`${shell.join(" ")} installs from a pipe when it is whole${noVerifier}`, () =>
      world.expectInstalled({ shell, stdin: text }),
    );
});

const rootMissing = emptyRootMissing("minisign", ...TOOLS, "sha256sum");
test.skipIf(rootMissing !== "")(
  `in a system that has glibc, a shell and these programs only, the real file is installed and runs${rootMissing && ` (skipped: ${rootMissing})`}`,
  async () => {
    const binary = join(import.meta.dir, "../../dist/fxn");
    const { version } = await Bun.file(join(import.meta.dir, "../../package.json")).json();
    const root = emptyRoot("minisign", ...TOOLS.filter((name) => name !== "ldd" && name !== "sh"), "sha256sum");
    try {
      for (const library of librariesOf(binary)) expect(existsSync(join(root.path, library))).toBeTrue();
      await writeRelease(join(root.path, "release"), { version, program: readFileSync(binary) });
      copyFileSync(SCRIPT, join(root.path, "release/install.sh"));
      const run = (...words: string[]) => {
        const { exitCode, stdout, stderr } = Bun.spawnSync(root.command(...words));
        return [exitCode, stdout.toString(), stderr.toString()];
      };
      const done = run("sh", "/release/install.sh", "--from", "/release", "--public-key", KEY);
      expect(done).toEqual([0, expect.stringContaining("is installed: /usr/local/bin/fxn"), ""]);
      expect(run("/usr/local/bin/fxn", "--version")).toEqual([0, `${version}\n`, ""]);
      expect(run("/usr/local/bin/fxn", "init", "--help")[1]).toContain("--insecure-plaintext");

      // musl's package beside glibc changes nothing; a system whose ldd is musl's is of musl.
      const [arch, loader] = process.arch === "x64" ? ["x64", "x86_64"] : ["arm64", "aarch64"];
      mkdirSync(join(root.path, "lib"), { recursive: true });
      writeFileSync(join(root.path, `lib/ld-musl-${loader}.so.1`), "");
      expect(run("sh", "/release/install.sh", "--from", "/release", "--public-key", KEY)[0]).toBe(0);
      writeFileSync(join(root.path, "bin/ldd"), "#!/bin/sh\necho 'musl libc (x86_64)' >&2; exit 1\n", { mode: 0o755 });
      const musl = run("sh", "/release/install.sh", "--from", "/release", "--public-key", KEY);
      expect(musl).toEqual([1, "", expect.stringContaining(`has no file for linux-${arch}-musl`)]);
    } finally {
      root.remove();
    }
  },
);

test.skipIf(!Bun.which("shellcheck"))(`shellcheck finds nothing${skipped("shellcheck")}`, () => {
  const { exitCode, stdout } = Bun.spawnSync(["shellcheck", SCRIPT]);
  expect([exitCode, stdout.toString()]).toEqual([0, ""]);
});
