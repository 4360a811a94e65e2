// A system with next to nothing in it: glibc, a shell and the few programs that a test names, behind chroot.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** glibc's own libraries, beside libc. */
const GLIBC = ["libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1"];
const NEEDED = ["chroot", "unshare", "mount", "mknod", "ldd", "dash"];

/** Why there can be none here; empty: there can. */
export function emptyRootMissing(...programs: readonly string[]): string {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "not root on Linux";
  const absent = [...NEEDED, ...programs].filter((name) => Bun.which(name) === null);
  if (absent.length > 0) return `${absent.join(", ")} not installed`;
  const mounts = Bun.spawnSync(["unshare", "--mount", "true"]).exitCode === 0;
  return mounts ? "" : "no mounts of one's own allowed";
}

export interface EmptyRoot {
  /** Where it lies, seen from outside. */
  readonly path: string;
  /** Words to start something in it with; its /proc goes when that ends. */
  command(...words: readonly string[]): string[];
  remove(): void;
}

/** @param programs found by this machine's PATH; they lie in /bin there, with the libraries that they name */
export function emptyRoot(...programs: readonly string[]): EmptyRoot {
  const path = mkdtempSync(join(tmpdir(), "fxn-root-"));
  chmodSync(path, 0o755);
  for (const folder of ["bin", "dev", "proc", "root", "tmp"]) mkdirSync(join(path, folder));
  const made = Bun.spawnSync(["mknod", "-m", "666", join(path, "dev/null"), "c", "1", "3"]);
  if (made.exitCode !== 0) throw new Error(`mknod: ${made.stderr}`);
  for (const program of ["dash", ...programs]) addProgram(path, program);
  symlinkSync("dash", join(path, "bin/sh"));
  const inside = 'mount -t proc proc "$1/proc" && exec chroot "$@"';
  return {
    path,
    command: (...words) => [
      ...["unshare", "--mount", "sh", "-c", inside, "sh", path],
      ...["/bin/sh", "-c", 'export PATH=/bin HOME=/root TMPDIR=/tmp; cd /root; exec "$@"', "sh", ...words],
    ],
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

function addProgram(root: string, name: string): void {
  const program = Bun.which(name);
  if (!program) throw new Error(`${name} is not installed`);
  copyFileSync(realpathSync(program), join(root, "bin", name));
  for (const library of librariesOf(program)) {
    addLibrary(root, library);
    if (library.endsWith("/libc.so.6")) for (const other of GLIBC) addLibrary(root, join(dirname(library), other));
  }
}

function addLibrary(root: string, library: string): void {
  const place = join(root, library);
  if (existsSync(place) || !existsSync(library)) return;
  mkdirSync(dirname(place), { recursive: true });
  copyFileSync(realpathSync(library), place);
}

/** The loader among them. */
export function librariesOf(program: string): string[] {
  const { stdout } = Bun.spawnSync(["ldd", program]);
  return [...stdout.toString().matchAll(/(?:^|\s)(\/\S+) \(0x/gm)].flatMap(([, library]) => library ?? []);
}
