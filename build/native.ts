// Compiles the C of src: bun build/native.ts for this machine, or [target … | all]. What is up to date is left.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withoutTime } from "./inspect.ts";
import { LIBRARIES, type Library, TARGETS, type Target } from "./native-libraries.ts";
import { hostTarget } from "./targets.ts";

const ROOT = join(import.meta.dir, "..");
const OUT = join(ROOT, "dist", "native");
const ZIG = join(ROOT, "node_modules", ".bin", process.platform === "win32" ? "zig.cmd" : "zig");

const CFLAGS = ["-O3", "-std=gnu11", "-fPIC", "-fvisibility=hidden", "-fno-sanitize=undefined", "-g0"];

/** Where a compiled library lies. */
export function libraryFile({ name }: Pick<Library, "name">, target: string): string {
  return join(OUT, target, `${name}.bin`);
}

/** Compiles the target's libraries and WebAssembly, and puts them where src embeds them from. */
export async function embedNative(target: string): Promise<void> {
  for (const library of Object.values(LIBRARIES))
    for (const [place, of] of [
      [`${library.name}.bin`, target],
      [`${library.name}-wasm.bin`, "wasm"],
    ] as const) {
      await buildLibrary(library, of);
      const bytes = readFileSync(libraryFile(library, of));
      const embedded = join(OUT, place);
      if (!existsSync(embedded) || !readFileSync(embedded).equals(bytes)) writeFileSync(embedded, bytes);
    }
}

/** Compiles what has changed since the last time; throws with the compiler's words. */
async function buildLibrary(library: Library, name: string): Promise<void> {
  const target = targetOf(name);
  const file = libraryFile(library, name);
  const stamp = `${file}.made-from`;
  const wanted = fingerprint(library, target);
  if (existsSync(file) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  // Two builds at once do not meet: each has its own folder, and what is made takes its place in one step.
  const work = join(OUT, name, `objects-${process.pid}`);
  const made = join(work, "made.bin");
  const objects = await compileObjects(library, target, work);
  await zig(["cc", "-target", target.zig, ...target.link, "-s", "-o", made, ...objects]);
  writeFileSync(made, withoutTime(readFileSync(made)));
  renameSync(made, file);
  rmSync(work, { recursive: true });
  writeFileSync(stamp, wanted);
}

/** A program of the target, for tests: this source with all of a library in it, or with headers only. */
export async function buildProgram(
  name: string,
  source: string,
  outfile: string,
  options: ProgramOptions,
): Promise<void> {
  const target = targetOf(name);
  const work = `${outfile}.objects`;
  const objects = options.linked ? await compileObjects(options.linked, target, work) : [];
  const flags = ["-O1", "-std=gnu11", "-fno-sanitize=undefined", "-lpthread", ...options.flags];
  await zig(["cc", "-target", target.zig, ...flags, source, ...objects, "-o", outfile]);
  rmSync(work, { recursive: true, force: true });
}

interface ProgramOptions {
  readonly flags: readonly string[];
  readonly linked?: Library;
}

async function compileObjects(library: Library, target: Target, folder: string): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const objects: string[] = [];
  for (const { source, object, flags } of library.units(target)) {
    const path = join(folder, `${object}.o`);
    await zig(["cc", "-target", target.zig, ...CFLAGS, ...flags, "-c", join(library.sources, source), "-o", path]);
    objects.push(path);
  }
  return objects;
}

function targetOf(name: string): Target {
  const target = TARGETS[name];
  if (!target) throw new Error(`no target "${name}": ${Object.keys(TARGETS).join(", ")}`);
  return target;
}

function fingerprint(library: Library, target: Target): string {
  const hash = new Bun.CryptoHasher("sha256").update(JSON.stringify([target, library.borrowed()]));
  for (const name of readdirSync(library.sources).sort())
    if (/\.[ch]$/.test(name)) hash.update(readFileSync(join(library.sources, name)));
  for (const script of [import.meta.path, join(import.meta.dir, "native-libraries.ts")])
    hash.update(readFileSync(script));
  return hash.digest("hex");
}

async function zig(args: string[]): Promise<void> {
  const child = Bun.spawn([ZIG, ...args], { stdout: "pipe", stderr: "pipe" });
  const [err, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  if (code !== 0) throw new Error(`zig ${args.join(" ")}\n${err}`);
}

if (import.meta.main) {
  const named = process.argv.slice(2);
  if (named.length === 0) await embedNative(hostTarget().name);
  for (const target of named.includes("all") ? Object.keys(TARGETS) : named)
    for (const library of Object.values(LIBRARIES)) {
      const started = performance.now();
      await buildLibrary(library, target);
      const kilobytes = (Bun.file(libraryFile(library, target)).size / 1024).toFixed(0);
      console.log(
        `dist/native/${target}/${library.name}.bin  ${kilobytes} KB  ${((performance.now() - started) / 1000).toFixed(1)} s`,
      );
    }
}
