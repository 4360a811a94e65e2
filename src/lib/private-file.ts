// Files and folders that only this user may read: written whole or not at all, never over an existing one.
import { randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { FxnError, messageOf } from "../core/errors.ts";
import { readOpen, readSmallFile } from "./small-file.ts";

type PrivateFileCode =
  | "file_exists"
  | "file_missing"
  | "file_unreadable"
  | "file_not_written"
  | "key_file_open_to_others";

export class PrivateFileError extends FxnError<PrivateFileCode> {
  constructor(code: PrivateFileCode, message: string, hint: string, cause?: unknown) {
    super(code, 500, message, { hint, cause });
  }
}

/** More than any key or password file has; a wrong path must not fill the memory. */
const MAX_BYTES = 64 * 1024;
const OTHERS_ANY = 0o077;
const OTHERS_WRITE = 0o022;
const OTHERS_BUT_ROOTS_GROUP = 0o037;
/** What file systems without hard links answer (FAT, some network mounts). */
const NO_LINKS: readonly unknown[] = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"];

/** Makes the folder and its parents with mode 0700; one that is there already and open to others is refused, not changed. */
export function ensurePrivateDir(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw notWritten(dir, error);
  }
  refuseOthers(dir, statOf(dir), OTHERS_ANY, "700");
}

/** The user that runs this; undefined on Windows, which has neither user ids nor modes. */
const currentUser = () => process.getuid?.();

/**
 * Refuses a folder in which others could put or replace files; that they may look into it is no harm.
 * @param user whose it is to be; another one than the current where root asks for a service's user
 */
export function checkDirNotWritable(dir: string, user = currentUser()): void {
  refuseOthers(dir, statOf(dir), OTHERS_WRITE, "700", user);
}

/** Refuses a file that others can read or write, or that belongs to another user than us or root. */
export function checkPrivate(path: string): void {
  refuseOthers(path, statOf(path), OTHERS_ANY, "600");
}

/** Of this process. */
const ownGroups = () => [process.getegid?.(), ...(process.getgroups?.() ?? [])];

export interface PrivateReader {
  /** Whose it is to be, if not root's; default: who runs this. */
  readonly user?: number | undefined;
  /** Root may have opened it to a group of this process: Kubernetes and Debian hand TLS keys out so. */
  readonly fromRootsGroup?: boolean;
  /** A person names it on the command line: it may be a pipe, such as `<(pass show key)`. */
  readonly orPipe?: boolean;
}

/** UTF-8 text of a file that passes `checkPrivate`; the very file that was checked is the one that is read. */
export function readPrivate(
  path: string,
  { user = currentUser(), fromRootsGroup = false, orPipe = false }: PrivateReader = {},
): string {
  return attempt(path, () => {
    const check = (stats: Stats) => {
      const handedOut = fromRootsGroup && stats.uid === 0 && ownGroups().includes(stats.gid);
      refuseOthers(path, stats, handedOut ? OTHERS_BUT_ROOTS_GROUP : OTHERS_ANY, "600", user);
    };
    return readSmallFile(path, { mostBytes: MAX_BYTES, orPipe, check }).toString("utf8");
  });
}

/** UTF-8 text of an open file, up to its end; `name` is for messages. */
export function readDescriptor(fd: number, name: string): string {
  return attempt(name, () => readOpen(fd, MAX_BYTES).toString("utf8"));
}

/** Writes a new file of mode 0600. Of two writers at once exactly one wins; the other gets "file_exists". */
export function writeNew(path: string, text: string | Uint8Array): void {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    writeDurably(temporary, text);
    publish(temporary, path);
  } catch (error) {
    if (codeOf(error) === "EEXIST") {
      throw new PrivateFileError("file_exists", `${path} is there already`, "It was left as it is.", error);
    }
    throw notWritten(path, error);
  } finally {
    discard(temporary);
  }
  syncDir(dirname(path));
}

/** Writes a file of mode 0600 in the place of what is there, whole or not at all. */
export function replacePrivate(path: string, text: string): void {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    writeDurably(temporary, text);
    renameSync(temporary, path);
  } catch (error) {
    throw notWritten(path, error);
  } finally {
    discard(temporary);
  }
  syncDir(dirname(path));
}

/** Where nothing could be written there is nothing to remove, and no right to look. */
function discard(temporary: string): void {
  try {
    rmSync(temporary, { force: true });
  } catch {
    // What kept it from being written is said already.
  }
}

function writeDurably(path: string, text: string | Uint8Array): void {
  const fd = openSync(path, "wx", 0o600);
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** A hard link is the one step that both names a whole file and fails when the name is taken. */
function publish(temporary: string, path: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (!NO_LINKS.includes(codeOf(error))) throw error;
    closeSync(openSync(path, "wx", 0o600));
    try {
      renameSync(temporary, path);
    } catch (failure) {
      rmSync(path);
      throw failure;
    }
  }
}

/** Makes the new name survive a power cut, where the system can: Windows and some mounts refuse to sync a folder. */
function syncDir(dir: string): void {
  try {
    const fd = openSync(dir, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // The file itself is whole and synced; nothing is lost but this extra step.
  }
}

function refuseOthers(path: string, stats: Stats, forbidden: number, wanted: string, user = currentUser()): void {
  // What Windows reports means nothing.
  if (user === undefined) return;
  if (stats.uid !== user && stats.uid !== 0) {
    throw new PrivateFileError(
      "key_file_open_to_others",
      `${path} belongs to another user (uid ${stats.uid})`,
      `Look at what is in it, then: chown ${user} ${path}`,
    );
  }
  if ((stats.mode & forbidden) === 0) return;
  const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
  throw new PrivateFileError(
    "key_file_open_to_others",
    `${path} can be ${forbidden === OTHERS_WRITE ? "changed" : "read or changed"} by other users (mode ${mode})`,
    `chmod ${wanted} ${path}`,
  );
}

function statOf(path: string): Stats {
  return attempt(path, () => statSync(path));
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof PrivateFileError) throw error;
    if (codeOf(error) === "ENOENT") {
      throw new PrivateFileError("file_missing", `${path} does not exist`, "Check the path.", error);
    }
    throw new PrivateFileError(
      "file_unreadable",
      `${path} could not be read: ${messageOf(error)}`,
      "Check the path, and that this user may read it.",
      error,
    );
  }
}

function notWritten(path: string, error: unknown): PrivateFileError {
  return new PrivateFileError(
    "file_not_written",
    `${path} could not be written: ${messageOf(error)}`,
    "Check that its folder exists, is writable and has space; nothing was left behind.",
    error,
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
