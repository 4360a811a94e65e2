// What lies in a home: names, sizes and modes of files; nothing is opened.
import { lstatSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { messageOf } from "../core/errors.ts";

export interface HomeFile {
  /** In the home, with / between folders. */
  readonly name: string;
  readonly bytes: number;
  readonly mode: number;
  /** Wall clock, milliseconds. */
  readonly changed: number;
  readonly kind: "file" | "folder" | "link" | "socket or pipe";
}

/** Of a cache with more files the rest is left out. */
const MOST_FILES = 20_000;

/** In the order of their names, folders before what is in them; empty when there is no home. */
export function homeFiles(home: string): readonly HomeFile[] {
  const found: HomeFile[] = [];
  const walk = (folder: string) => {
    for (const name of namesIn(folder)) {
      if (found.length >= MOST_FILES) return;
      const path = join(folder, name);
      const file = fileAt(path, relative(home, path).split(sep).join("/"));
      if (!file) continue;
      found.push(file);
      if (file.kind === "folder") walk(path);
    }
  };
  walk(home);
  return found;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    // Not ours to read, or not there.
    return [];
  }
}

/** undefined: it has gone since the folder was read. */
function fileAt(path: string, name: string): HomeFile | undefined {
  try {
    const stats = lstatSync(path);
    const kind = stats.isDirectory()
      ? "folder"
      : stats.isSymbolicLink()
        ? "link"
        : stats.isFile()
          ? "file"
          : "socket or pipe";
    return { name, bytes: stats.size, mode: stats.mode & 0o7777, changed: Math.round(stats.mtimeMs), kind };
  } catch (error) {
    if (/ENOENT/.test(messageOf(error))) return undefined;
    throw error;
  }
}
