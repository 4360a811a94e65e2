// fxn of a version to come: compiled once for a build of dist/fxn, since that takes longer than most tests.
import { mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { compileExecutable } from "../../build/executable.ts";
import { hostTarget } from "../../build/targets.ts";
import { BINARY } from "../e2e/node.ts";

export const NEWER = "99.0.0";

const FOLDER = join(import.meta.dir, "../../dist/newer");

/** @returns the path of its file, which is for reading */
export async function newerProgram(): Promise<string> {
  const path = join(FOLDER, hostTarget().executable);
  if (isAfter(path, BINARY)) return path;
  mkdirSync(FOLDER, { recursive: true });
  const temporary = `${path}.${process.pid}`;
  await compileExecutable(hostTarget(), temporary, NEWER);
  renameSync(temporary, path);
  return path;
}

function isAfter(path: string, other: string): boolean {
  const file = statSync(path, { throwIfNoEntry: false });
  return file !== undefined && file.mtimeMs > statSync(other).mtimeMs;
}
