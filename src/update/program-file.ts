// The program's file on disk: a new one takes its place in one step, the one before is kept beside it.
import {
  closeSync,
  copyFileSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { messageOf } from "../core/errors.ts";
import { UpdateError } from "./errors.ts";

export class ProgramFile {
  readonly path: string;
  readonly previous: string;
  readonly #incoming: string;

  /** @param path of the file itself, not of a link to it */
  constructor(path: string) {
    this.path = path;
    this.previous = `${path}.previous`;
    this.#incoming = `${path}.new`;
  }

  /**
   * Writes it beside the program, lets `fit` try it, and puts it in the program's place. At every moment there is a
   * whole program under its name. Throws UpdateError, or what `fit` throws; then nothing has changed.
   */
  async replace(bytes: Uint8Array, fit: (path: string) => Promise<void>): Promise<void> {
    this.#write(bytes);
    try {
      await fit(this.#incoming);
      this.#possible(() => this.#swapIn());
    } finally {
      rmSync(this.#incoming, { force: true });
    }
  }

  /** Undoes `replace`: the new one did not do. Throws UpdateError. */
  takeBack(): void {
    this.#possible(() => renameSync(this.previous, this.path));
  }

  /** The one before takes the program's place, which is then the one before. Throws UpdateError. */
  swapBack(): void {
    if (!existsSync(this.previous)) {
      throw new UpdateError("no_previous", 404, `there is no ${this.previous}`, {
        hint: "Only fxn update leaves one there.",
      });
    }
    this.#possible(() => {
      closeSync(openSync(this.#incoming, "wx"));
      renameSync(this.previous, this.#incoming);
      this.#swapIn();
    });
  }

  #swapIn(): void {
    rmSync(this.previous, { force: true });
    // Windows lets nobody write over a program that runs, but rename it.
    if (process.platform === "win32") renameSync(this.path, this.previous);
    else linkOrCopy(this.path, this.previous);
    renameSync(this.#incoming, this.path);
  }

  #write(bytes: Uint8Array): void {
    const { mode } = statSync(this.path);
    const file = this.#possible(() => openSync(this.#incoming, "wx", mode & 0o777));
    try {
      this.#possible(() => {
        // Whatever this user's umask takes away.
        fchmodSync(file, mode & 0o777);
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
        fsyncSync(file);
      });
    } catch (error) {
      rmSync(this.#incoming, { force: true });
      throw error;
    } finally {
      closeSync(file);
    }
  }

  #possible<T>(act: () => T): T {
    try {
      return act();
    } catch (cause) {
      if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") {
        throw new UpdateError("update_under_way", 409, `${this.#incoming} is there: another update is under way`, {
          hint: "If none is, one was killed: delete that file.",
        });
      }
      throw new UpdateError("not_replaceable", 500, `${this.path} cannot be replaced: ${messageOf(cause)}`, {
        cause,
        hint: "May this user write in that folder, and is there room?",
      });
    }
  }
}

/** Not every file system has links. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, `${to}.copy`);
    renameSync(`${to}.copy`, to);
  }
}
