// fxn update: puts a newer release in this program's place, if its maker signed it and the node serves with it.
import { realpathSync } from "node:fs";
import { Command, Option } from "clipanion";
import { systemClock } from "../src/core/clock.ts";
import { messageOf } from "../src/core/errors.ts";
import { createFetch } from "../src/lib/fetch.ts";
import { parseMinisignKey } from "../src/lib/minisign.ts";
import { UpdateError } from "../src/update/errors.ts";
import { ProgramFile } from "../src/update/program-file.ts";
import { fetchArchive, type Release, readRelease } from "../src/update/release.ts";
import { type ReleaseFiles, releaseFiles } from "../src/update/source.ts";
import { programOf } from "../src/update/unpack.ts";
import { compareVersions } from "../src/update/versions.ts";
import { EXIT, FxnCommand } from "./base.ts";
import type { ValuesOf } from "./manual/values.ts";
import { selfCommand } from "./process-words.ts";
import { RELEASE_PUBLIC_KEY, RELEASE_URL, TARGET } from "./release-source.ts";
import { isRunning, restartNode } from "./restart-node.ts";
import { VERSION } from "./version.ts";

export class UpdateCommand extends FxnCommand {
  static override values: ValuesOf = { ...FxnCommand.values, "--from": "folder" };
  static override paths = [["update"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "put a newer release in the place of this program",
    details: `
      Reads the release's SHA256SUMS, checks its signature and the archive's hash, tries the new file with this home's
      configuration, and renames it into place; the one before stays beside it as fxn.previous. A node that runs on the
      home is restarted without a gap (Linux); if it does not become as ready as it was, the old process goes on and the
      old file is put back. fxn never updates by itself.
    `,
    examples: [
      ["What would it do?", "fxn update --check"],
      ["From a folder, with your own key", "fxn update --from ./release --public-key RWQ…"],
      ["Back to the version before", "fxn update --rollback"],
    ],
  });

  check = Option.Boolean("--check", false, { description: "Only say what is there; exit code 0 if it is not newer" });
  from = Option.String("--from", {
    description: "Folder or https:// URL of a release; default: where this file is from",
  });
  publicKey = Option.String("--public-key", { description: "minisign public key of its maker; default: this file's" });
  allowDowngrade = Option.Boolean("--allow-downgrade", false, { description: "Take an older release too" });
  noRestart = Option.Boolean("--no-restart", false, { description: "Leave a running node as it is" });
  rollback = Option.Boolean("--rollback", false, { description: "Put the file before in place again" });

  protected async run(): Promise<number> {
    const program = new ProgramFile(realpathSync(this.#ownPath()));
    if (this.rollback) return this.#rollBack(program);
    const files = releaseFiles(this.from ?? RELEASE_URL ?? this.#unknown("--from"), createFetch(systemClock));
    const key = parseMinisignKey(this.publicKey ?? RELEASE_PUBLIC_KEY ?? this.#unknown("--public-key"));
    const release = await readRelease(files, key);
    const newer = compareVersions(release.version, VERSION);
    if (this.check) {
      this.print(newer > 0 ? `fxn ${release.version} is there; this is ${VERSION}` : `${VERSION} is the newest`);
      return newer > 0 ? EXIT.failed : EXIT.ok;
    }
    if (newer === 0) {
      this.print(`${VERSION} is the newest`);
      return EXIT.ok;
    }
    if (newer < 0 && !this.allowDowngrade) {
      throw new UpdateError("release_older", 409, `${files.from} has fxn ${release.version}; this is ${VERSION}`, {
        hint: "An old release, signed by its maker, may have faults that somebody wants back. If it is you: --allow-downgrade",
      });
    }
    return this.#install(program, files, release);
  }

  async #install(program: ProgramFile, files: ReleaseFiles, release: Release): Promise<number> {
    const bytes = await programOf(await fetchArchive(files, release, TARGET ?? this.#notCompiled()));
    const running = await this.#isRunning();
    await program.replace(bytes, (path) => this.#fit(path, release.version));
    this.print(`${program.path} is fxn ${release.version} now; the one before is ${program.previous}`);
    return this.#restart(program, running, () => program.takeBack());
  }

  /** What can be known of a new file without running a node: it starts, is what it says, and likes this home. */
  async #fit(path: string, version: string): Promise<void> {
    const [said, liked] = [
      await output([path, "--version"]),
      await output([path, "config", "check", "--home", this.homeDir()]),
    ];
    const why =
      said.code !== 0 || said.text !== version
        ? `it does not start, or says that it is "${said.text.slice(0, 100)}"`
        : liked.code !== 0 && `it refuses this home's configuration:\n${liked.text}`;
    if (!why) return;
    throw new UpdateError("new_file_unfit", 500, `fxn ${version} was not put in place: ${why}`);
  }

  async #rollBack(program: ProgramFile): Promise<number> {
    const running = await this.#isRunning();
    program.swapBack();
    const { text } = await output([program.path, "--version"]);
    this.print(`${program.path} is fxn ${text} now; the one before is ${program.previous}`);
    return this.#restart(program, running, () => program.swapBack());
  }

  /** Throws what kept the new file from serving; the old one is in its place again then. */
  async #restart(program: ProgramFile, running: boolean, undo: () => void): Promise<number> {
    const home = this.homeDir();
    if (!running) return EXIT.ok;
    if (process.platform !== "linux") {
      this.print("The node on this home runs on with the old one until it is started again.");
      return EXIT.ok;
    }
    // Between the new file and the new process nobody may leave this half done.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
    try {
      const { pid, version } = await restartNode(home);
      this.print(`The node serves with fxn ${version} now (pid ${pid}); what the old process has begun goes on.`);
      return EXIT.ok;
    } catch (error) {
      undo();
      this.printError(`fxn: ${program.path} is the file of before again`);
      throw error;
    }
  }

  /** Whether there is a node to restart. */
  async #isRunning(): Promise<boolean> {
    return !this.noRestart && (await isRunning(this.homeDir()));
  }

  #ownPath(): string {
    const [path = "", source] = selfCommand();
    return source === undefined ? path : this.#notCompiled();
  }

  #notCompiled(): never {
    throw new UpdateError("not_compiled", 400, "this fxn runs from its sources: there is no file to replace");
  }

  #unknown(option: string): never {
    throw new UpdateError("release_unknown", 400, "this file was not told where releases are and who signs them", {
      hint: `Say it with ${option}.`,
    });
  }
}

const LIMIT_MS = 60_000;

/** A command's exit code and what it printed. */
async function output(command: readonly string[]): Promise<{ code: number; text: string }> {
  try {
    const child = Bun.spawn([...command], {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: LIMIT_MS,
      killSignal: "SIGKILL",
    });
    const [out, error, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { code, text: `${out}${error}`.trim() };
  } catch (error) {
    return { code: EXIT.failed, text: messageOf(error) };
  }
}
