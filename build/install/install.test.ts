// install.sh against releases that are right, damaged, forged, old or not there.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emptyRoot, emptyRootMissing, librariesOf } from "../../test/fakes/empty-root.ts";
import { type ReleaseWish, signingKey, signRelease, writeRelease } from "../../test/fakes/release.ts";
import { hostTarget } from "../targets.ts";

const SCRIPT = join(import.meta.dir, "install.sh");
const KEY = signingKey().publicKey;
const OLD = "#!/bin/sh\necho 1.0.0\n";

/** What the script may use, but for what checks and what downloads. */
const TOOLS =
  "id uname mktemp mkdir rm rmdir cp mv chmod cut head tail tr wc sort cat od sed grep tar gzip ldd sh".split(" ");

let folder: string;
let release: string;
let destination: string;
let archive: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "fxn-install-"));
  release = join(folder, "release");
  destination = join(folder, "bin");
  mkdirSync(destination);
  writeFileSync(join(destination, "fxn"), OLD, { mode: 0o755 });
  archive = await writeRelease(release, { version: "1.2.3" });
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly words?: readonly string[];
  readonly env?: Record<string, string>;
  readonly shell?: readonly string[];
  readonly script?: string;
  readonly stdin?: string;
}

async function install({ words, env, shell = ["sh"], script = SCRIPT, stdin }: Run = {}) {
  const child = Bun.spawn([...shell, ...(stdin === undefined ? [script] : ["-s", "--"]), ...(words ?? usual())], {
    env: { PATH: process.env.PATH ?? "", HOME: folder, ...env },
    cwd: folder,
    stdin: stdin === undefined ? "ignore" : Buffer.from(stdin),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

function usual(from = release, key = KEY): string[] {
  return ["--from", from, "--to", destination, "--public-key", key];
}

/** A folder with these programs and no others, to be the PATH. */
function only(...names: readonly string[]): string {
  const path = mkdtempSync(join(folder, "path-"));
  for (const name of names) {
    const found = Bun.which(name);
    if (!found) throw new Error(`${name} is not installed`);
    symlinkSync(found, join(path, name));
  }
  return path;
}

async function expectInstalled(run: Run = {}): Promise<void> {
  const { code, stdout, stderr } = await install(run);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toStartWith(`fxn 1.2.3 (${hostTarget().name}) is installed: ${join(destination, "fxn")}\n`);
  expect(readFileSync(join(destination, "fxn"), "utf8")).toBe("#!/bin/sh\necho 1.2.3\n");
  expect(statSync(join(destination, "fxn")).mode & 0o777).toBe(0o755);
  expect(readdirSync(destination)).toEqual(["fxn"]);
}

/** Refused for that reason, and everything as it was. */
async function expectRefused(reason: string | RegExp, run: Run = {}): Promise<void> {
  const { code, stdout, stderr } = await install(run);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(reason);
  expect(stderr).toMatch(/^fxn was not installed: /m);
  expectUntouched();
}

function expectUntouched(): void {
  expect(readFileSync(join(destination, "fxn"), "utf8")).toBe(OLD);
  expect(readdirSync(destination)).toEqual(["fxn"]);
}

const installed = (name: string) => (Bun.which(name) ? "" : ` (skipped: ${name} is not installed)`);
const openssl = /^OpenSSL ([3-9]|\d\d)/.test(Bun.spawnSync(["sh", "-c", "openssl version"]).stdout.toString());
const VERIFIERS = [
  { name: "minisign", missing: installed("minisign") },
  { name: "openssl", missing: openssl ? "" : " (skipped: OpenSSL 3 is not installed)" },
];
const anyVerifier = VERIFIERS.some(({ missing }) => missing === "");
const noVerifier = anyVerifier ? "" : " (skipped: neither minisign nor OpenSSL 3 is installed)";

for (const { name, missing } of VERIFIERS) {
  describe.skipIf(missing !== "")(`with ${name} alone to check${missing}`, () => {
    const run = (): Run => ({ env: { PATH: only(...TOOLS, "sha256sum", name) } });

    test("a right release is installed", () => expectInstalled(run()));

    test("a release signed by another key is refused, whether or not that key has the same id", async () => {
      const other = signingKey(8);
      signRelease(release, other);
      await expectRefused("signature", run());
      signRelease(release, { ...other, id: Buffer.from("another.") });
      await expectRefused("signature", run());
    });

    test("another comment under a right signature is refused", async () => {
      const path = join(release, "SHA256SUMS.minisig");
      writeFileSync(path, readFileSync(path, "utf8").replace("file:SHA256SUMS", "file:SHA256SUMT"));
      await expectRefused("signature", run());
    });

    for (const file of ["SHA256SUMS", "SHA256SUMS.minisig"])
      test(`a flipped byte anywhere in ${file} is refused`, () => refusesFlips(join(release, file), run()));
  });
}

/** Thirty-odd places all over the file, its first and last byte among them, and all bits of a byte in turn. */
async function refusesFlips(path: string, run: Run): Promise<void> {
  const right = readFileSync(path);
  const copies: string[] = [];
  for (let i = 0; i < 32; i++) {
    const at = Math.round((i * (right.length - 1)) / 31);
    const flipped = Buffer.from(right);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (i % 8));
    const copy = join(folder, `flipped-${i}`);
    cpSync(release, copy, { recursive: true });
    writeFileSync(join(copy, path.slice(release.length + 1)), flipped);
    copies.push(copy);
  }
  const codes: number[] = [];
  // A few at a time: most of it is starting small programs.
  while (copies.length > 0)
    codes.push(
      ...(await Promise.all(
        copies.splice(0, 4).map(async (copy) => (await install({ ...run, words: usual(copy) })).code),
      )),
    );
  expect(codes).toEqual(Array(32).fill(1));
  expectUntouched();
  // It was the flips that were refused.
  expect((await install(run)).code).toBe(0);
}

describe.skipIf(noVerifier !== "")(`the file${noVerifier}`, () => {
  test("a flipped byte anywhere in the archive is refused", () => refusesFlips(join(release, archive), {}));

  test("an archive cut short or missing is refused", async () => {
    const path = join(release, archive);
    const right = readFileSync(path);
    for (const length of [0, 1, right.length / 2, right.length - 1]) {
      writeFileSync(path, right.subarray(0, length));
      await expectRefused("is not the file that was signed");
    }
    rmSync(path);
    await expectRefused("is missing or cannot be read");
  });

  test("a release without a signature is refused", async () => {
    rmSync(join(release, "SHA256SUMS.minisig"));
    await expectRefused("SHA256SUMS.minisig is missing");
  });

  const target = hostTarget().name;
  const hash = "a".repeat(64);
  const sums: readonly { what: string; sums: ReleaseWish["sums"]; why: string }[] = [
    {
      what: "names the system twice",
      sums: (right) => `${right}${hash}  fxn-1.2.4-${target}.tar.gz\n`,
      why: "more than one",
    },
    { what: "has a path", sums: (right) => `${right}${hash}  ../fxn-1.2.4-${target}.tar.gz\n`, why: "holds a line" },
    { what: "has no file for it", sums: () => `${hash}  fxn-1.2.3-plan9-x64.tar.gz\n`, why: "has no file for" },
    { what: "is empty", sums: () => "", why: "has no file for" },
    {
      what: "has a name with an option",
      sums: (right) => `${right}${hash}  --checkpoint-action\n`,
      why: "holds a line",
    },
    { what: "has another hash", sums: (right) => right.replace(/^\w{64}/, hash), why: "not the file that was signed" },
  ];
  for (const { what, why, ...wish } of sums)
    test(`a signed SHA256SUMS that ${what} is refused`, async () => {
      await writeRelease(release, { version: "1.2.3", ...wish });
      await expectRefused(why);
    });

  test("an archive whose program says another version, does not run or is a link is refused", async () => {
    await writeRelease(release, { version: "1.2.3", program: Buffer.from("#!/bin/sh\necho 1.2.2\n") });
    await expectRefused("says that it is 1.2.2");
    await writeRelease(release, {
      version: "1.2.3",
      program: Buffer.from("#!/bin/sh\necho no such library >&2; exit 127\n"),
    });
    await expectRefused("does not run here: no such library");
    await writeRelease(release, { version: "1.2.3", program: new Uint8Array(0) });
    await expectRefused("does not hold the program");
  });

  test("a replayed release, old but signed, is refused unless it is asked for", async () => {
    const ages = [
      ["0.9.9", "1.0.0"],
      ["1.9.0", "1.10.0"],
      ["1.0.0-rc.1", "1.0.0"],
      ["1.0.0-rc.9", "1.0.0-rc.10"],
      ["1.0.0-rc", "1.0.0-rc.1"],
      ["1.0.0-7", "1.0.0-beta"],
      ["1.0.0-alpha", "1.0.0-beta"],
    ] as const;
    for (const [older, newer] of ages) {
      const from = join(folder, older);
      await writeRelease(from, { version: older });
      const program = join(destination, "fxn");
      const before = `#!/bin/sh\necho ${newer}\n`;
      writeFileSync(program, before, { mode: 0o755 });
      const { code, stderr } = await install({ words: usual(from) });
      expect([code, stderr]).toEqual([1, expect.stringContaining(`is ${older}, older than the installed ${newer}`)]);
      expect(readFileSync(program, "utf8")).toBe(before);
      expect((await install({ words: [...usual(from), "--allow-downgrade"] })).code).toBe(0);
      // And forward again, without being asked.
      await writeRelease(from, { version: newer });
      rmSync(join(from, `fxn-${older}-${target}.tar.gz`));
      expect((await install({ words: usual(from) })).code).toBe(0);
    }
  });

  test("another version than the wanted one is refused", async () => {
    await expectRefused("is 1.2.3, not 1.2.4", { words: [...usual(), "--version", "1.2.4"] });
    await expectInstalled({ words: [...usual(), "--version", "1.2.3"] });
  });
});

describe("what it needs", () => {
  test("nothing that can check a signature: refused, never done without", async () => {
    await expectRefused("install minisign", { env: { PATH: only(...TOOLS, "sha256sum") } });
    const path = only(...TOOLS, "sha256sum");
    for (const version of ["LibreSSL 3.3.6", "OpenSSL 1.1.1w  11 Sep 2023"]) {
      writeFileSync(join(path, "openssl"), `#!/bin/sh\necho "${version}"\n`, { mode: 0o755 });
      await expectRefused("install minisign", { env: { PATH: path } });
    }
  });

  test("nothing that can hash, unpack or download: refused, with its name", async () => {
    const fake = (...names: string[]) => {
      const path = only(...names);
      writeFileSync(join(path, "minisign"), "#!/bin/sh\n", { mode: 0o755 });
      return { PATH: path };
    };
    await expectRefused("SHA-256", { env: fake(...TOOLS) });
    await expectRefused("gzip is needed", { env: fake(...TOOLS.filter((name) => name !== "gzip"), "sha256sum") });
    await expectRefused("curl or wget", { words: usual("https://127.0.0.1:1"), env: fake(...TOOLS, "sha256sum") });
  });

  test("unfilled, it asks where releases lie and who signs them", async () => {
    await expectRefused("--from", { words: ["--to", destination] });
    await expectRefused("--public-key", { words: ["--to", destination, "--from", release] });
    await expectRefused("is no public key", { words: usual(release, "RWabc") });
  });

  test("words that it does not know: exit 2", async () => {
    expect((await install({ words: ["--frm", release] })).code).toBe(2);
    expect((await install({ words: ["--from"] })).code).toBe(2);
    expect((await install({ words: ["--help"] })).stdout).toContain("--allow-downgrade");
    expectUntouched();
  });
});

describe.skipIf(noVerifier !== "")(`the system${noVerifier}`, () => {
  const pretending = (programs: Record<string, string>): Run => {
    const path = only();
    for (const [name, says] of Object.entries(programs))
      writeFileSync(join(path, name), `#!/bin/sh\n${says}\n`, { mode: 0o755 });
    return { env: { PATH: `${path}:${process.env.PATH}` } };
  };
  const uname = (system: string, machine: string) => `[ "$1" = -s ] && echo ${system} || echo ${machine}`;

  test("a Mac gets the file of its chip, also under Rosetta", async () => {
    const rosetta = { uname: uname("Darwin", "x86_64"), sysctl: "echo 1" };
    await expectRefused("no file for darwin-arm64", pretending(rosetta));
    await expectRefused("no file for darwin-x64", pretending({ ...rosetta, sysctl: "exit 1" }));
    await expectRefused("no file for darwin-arm64", pretending({ uname: uname("Darwin", "arm64") }));
  });

  test("what fxn is not built for is named", async () => {
    await expectRefused("not built for FreeBSD", pretending({ uname: uname("FreeBSD", "amd64") }));
    await expectRefused("of kind riscv64", pretending({ uname: uname("Linux", "riscv64") }));
    await expectRefused("install.ps1", pretending({ uname: uname("MINGW64_NT-10.0", "x86_64") }));
  });
});

describe.skipIf(noVerifier !== "")(`where it goes${noVerifier}`, () => {
  test("blanks and quotes in all paths", async () => {
    const odd = join(folder, `a 'b' "c" $d`);
    cpSync(release, odd, { recursive: true });
    destination = join(odd, "new bin");
    await expectInstalled({ words: usual(odd) });
  });

  test("no folder, no words: ~/.local/bin, and PATH is spoken of", async () => {
    destination = join(folder, ".local", "bin");
    const path = only(...TOOLS, "sha256sum", VERIFIERS.find(({ missing }) => missing === "")?.name ?? "");
    rmSync(join(path, "id"));
    writeFileSync(join(path, "id"), "#!/bin/sh\necho 1000\n", { mode: 0o755 });
    const words = ["--public-key", KEY];
    const { stdout } = await install({ words, env: { PATH: path, FXN_INSTALL_FROM: release } });
    expect(stdout).toContain(`export PATH="${destination}:$PATH"`);
    const again = await install({ words, env: { PATH: `${path}:${destination}`, FXN_INSTALL_FROM: release } });
    expect([again.code, again.stdout]).toEqual([0, expect.not.stringContaining("export PATH")]);
  });

  test("a folder that cannot be written to, or in which fxn is a folder, is refused", async () => {
    await expectRefused("cannot be written to", { words: [...usual(), "--to", "/proc/fxn/bin"] });
    mkdirSync(join(folder, "taken", "fxn"), { recursive: true });
    await expectRefused("is a folder", { words: [...usual(), "--to", join(folder, "taken")] });
  });

  test("folders that it made go when it fails", async () => {
    rmSync(join(release, archive));
    const { code } = await install({ words: [...usual(), "--to", join(folder, "new", "er", "bin")] });
    expect([code, existsSync(join(folder, "new"))]).toEqual([1, false]);
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
        const { stdout } = await install({ shell, stdin: text.slice(0, cut) });
        expect(stdout).toBe("");
      }
      expectUntouched();
    });

  for (const shell of shells)
    test.skipIf(noVerifier !== "")(`${shell.join(" ")} installs from a pipe when it is whole${noVerifier}`, () =>
      expectInstalled({ shell, stdin: text }),
    );
});

describe.skipIf(noVerifier !== "")(`over HTTP${noVerifier}`, () => {
  let server: ReturnType<typeof Bun.serve>;
  /** What the server does instead of sending the archive. */
  let instead: (() => Response) | undefined;
  beforeAll(() => {
    server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request) => {
        const name = new URL(request.url).pathname.slice(1);
        if (instead && name === archive) return instead();
        const path = join(release, name);
        return existsSync(path) ? new Response(readFileSync(path)) : new Response("no", { status: 404 });
      },
    });
  });
  afterAll(() => server.stop(true));
  afterEach(() => {
    instead = undefined;
  });
  const url = () => `http://127.0.0.1:${server.port}`;

  for (const client of ["curl", "wget"]) {
    const missing = installed(client);
    const run = (): Run => {
      const verifier = VERIFIERS.find((each) => each.missing === "")?.name ?? "";
      return { words: usual(url()), env: { PATH: only(...TOOLS, "sha256sum", verifier, client) } };
    };
    test.skipIf(missing !== "")(`${client} downloads it${missing}`, () => expectInstalled(run()));

    test.skipIf(missing !== "")(`${client}: cut, missing or endless downloads are refused${missing}`, async () => {
      const half = readFileSync(join(release, archive)).subarray(0, 100);
      instead = () => new Response(half);
      await expectRefused("not the file that was signed", run());
      instead = () => new Response("no", { status: 404 });
      await expectRefused("could not be downloaded", run());
      const piece = Buffer.alloc(65_536, "0123  x\n");
      writeFileSync(join(release, "SHA256SUMS"), Buffer.concat(Array(64).fill(piece)));
      await expectRefused("SHA256SUMS could not be downloaded", run());
    });
  }

  test.skipIf(!Bun.which("curl"))("Ctrl-C in the middle leaves nothing behind", async () => {
    let asked = () => {};
    const asking = new Promise<void>((resolve) => {
      asked = resolve;
    });
    instead = () => {
      asked();
      return new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
    };
    const child = Bun.spawn(["sh", SCRIPT, ...usual(url())], {
      env: { PATH: process.env.PATH ?? "" },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
      detached: true,
    });
    await asking;
    expect(readdirSync(destination).length).toBe(2);
    process.kill(-child.pid, "SIGINT");
    expect(await child.exited).toBe(130);
    expectUntouched();
  });

  test("without TLS only this machine is asked, whatever the URL looks like", async () => {
    for (const from of [
      "http://example.com/fxn",
      "http://127.0.0.1.example.com",
      "http://localhost:1@example.com/",
      "http://127.0.0.1:80@example.com/",
      "http://localhost#@example.com/",
      "http://[::1].example.com/",
      "http://example.com:[::1]/",
    ])
      await expectRefused("has no TLS", { words: usual(from) });
    await expectRefused("neither http, https nor a folder", { words: usual("ftp://127.0.0.1/") });
  });
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

test.skipIf(!Bun.which("shellcheck"))(`shellcheck finds nothing${installed("shellcheck")}`, () => {
  const { exitCode, stdout } = Bun.spawnSync(["shellcheck", SCRIPT]);
  expect([exitCode, stdout.toString()]).toEqual([0, ""]);
});
