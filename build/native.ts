// Compiles the C of src/matrix/native: bun build/native.ts for this machine, or [target … | all]. What is up to date is left.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");
const SOURCES = join(ROOT, "src", "matrix", "native");
const OUT = join(ROOT, "dist", "native");
const ZIG = join(ROOT, "node_modules", ".bin", process.platform === "win32" ? "zig.cmd" : "zig");

const CFLAGS = ["-O3", "-std=gnu11", "-fPIC", "-fvisibility=hidden", "-fno-sanitize=undefined", "-g0"];

interface Variant {
  readonly name: string;
  readonly flags: readonly string[];
}

// The x86 sets: what every 64-bit one has, Haswell and later, Skylake-X and later.
const X64: readonly Variant[] = [
  { name: "sse2", flags: ["-mcpu=x86_64"] },
  { name: "avx2", flags: ["-mcpu=x86_64_v3"] },
  { name: "avx512", flags: ["-mcpu=x86_64_v4"] },
];
const ARM64: readonly Variant[] = [
  { name: "neon", flags: ["-mcpu=generic"] },
  { name: "neon_dotprod", flags: ["-mcpu=generic+dotprod"] },
];
const WASM: readonly Variant[] = [{ name: "simd128", flags: ["-mcpu=generic+simd128+bulk_memory"] }];

interface Target {
  readonly zig: string;
  readonly variants: readonly Variant[];
  readonly link: readonly string[];
}

/** By Bun's names of targets, and wasm for where no library can be loaded. glibc 2.17 is that of the oldest systems. */
const TARGETS: Readonly<Record<string, Target>> = {
  "linux-x64": { zig: "x86_64-linux-gnu.2.17", variants: X64, link: ["-shared", "-lpthread"] },
  "linux-arm64": { zig: "aarch64-linux-gnu.2.17", variants: ARM64, link: ["-shared", "-lpthread"] },
  "linux-x64-musl": { zig: "x86_64-linux-musl", variants: X64, link: ["-shared"] },
  "linux-arm64-musl": { zig: "aarch64-linux-musl", variants: ARM64, link: ["-shared"] },
  "darwin-x64": { zig: "x86_64-macos", variants: X64, link: ["-shared"] },
  "darwin-arm64": { zig: "aarch64-macos", variants: ARM64, link: ["-shared"] },
  "windows-x64": { zig: "x86_64-windows-gnu", variants: X64, link: ["-shared"] },
  wasm: { zig: "wasm32-wasi", variants: WASM, link: ["-mexec-model=reactor", "-Wl,--export-dynamic"] },
};

/** The one that this machine runs. */
export function hostTarget(): string {
  const os = process.platform === "win32" ? "windows" : process.platform;
  const musl = os === "linux" && existsSync(`/lib/ld-musl-${process.arch === "x64" ? "x86_64" : "aarch64"}.so.1`);
  return `${os}-${process.arch}${musl ? "-musl" : ""}`;
}

function libraryOf(target: string): string {
  return join(OUT, target, "fxn.bin");
}

/** Compiles the target's library and WebAssembly, and puts them where src/matrix/load.ts embeds them from. */
export async function embedNative(target: string): Promise<void> {
  for (const [name, of] of [
    ["embedded.bin", target],
    ["wasm.bin", "wasm"],
  ] as const) {
    await buildNative(of);
    const bytes = readFileSync(libraryOf(of));
    const place = join(OUT, name);
    if (!existsSync(place) || !readFileSync(place).equals(bytes)) writeFileSync(place, bytes);
  }
}

/** Compiles what has changed since the last time; throws with the compiler's words. */
async function buildNative(target: string): Promise<void> {
  const plan = planOf(target);
  const stamp = join(OUT, target, "made-from");
  const wanted = fingerprint(target);
  if (existsSync(libraryOf(target)) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  // Two builds at once do not meet: each has its own folder, and what is made takes its place in one step.
  const work = join(OUT, target, `objects-${process.pid}`);
  const made = join(work, "fxn.bin");
  const objects = await compileObjects(target, work);
  await zig(["cc", "-target", plan.zig, ...plan.link, "-s", "-o", made, ...objects]);
  renameSync(made, libraryOf(target));
  rmSync(work, { recursive: true });
  writeFileSync(stamp, wanted);
}

/** A program of the target that has all kernels in it, for tests. */
export async function buildProgram(target: string, source: string, outfile: string): Promise<void> {
  const plan = planOf(target);
  const work = `${outfile}.objects`;
  const objects = await compileObjects(target, work);
  const flags = ["-O1", "-std=gnu11", "-fno-sanitize=undefined", "-lpthread", `-I${SOURCES}`];
  await zig(["cc", "-target", plan.zig, ...flags, source, ...objects, "-o", outfile]);
  rmSync(work, { recursive: true });
}

/** One object for each set of SIMD instructions, and one for each other source. */
async function compileObjects(target: string, folder: string): Promise<string[]> {
  const { zig: triple, variants } = planOf(target);
  mkdirSync(folder, { recursive: true });
  const kernels = variants.map(({ name, flags }) => ({
    source: "simd.c",
    object: `simd-${name}`,
    flags: [...flags, `-DVARIANT=${name}`],
  }));
  const rest = cFiles()
    .filter((name) => name !== "simd.c")
    .map((source) => ({ source, object: source.replace(".c", ""), flags: variants[0]?.flags ?? [] }));
  const objects: string[] = [];
  for (const { source, object, flags } of [...kernels, ...rest]) {
    const path = join(folder, `${object}.o`);
    await zig(["cc", "-target", triple, ...CFLAGS, ...flags, "-c", source, "-o", path]);
    objects.push(path);
  }
  return objects;
}

function planOf(target: string): Target {
  const plan = TARGETS[target];
  if (!plan) throw new Error(`no target "${target}": ${Object.keys(TARGETS).join(", ")}`);
  return plan;
}

function cFiles(): string[] {
  return readdirSync(SOURCES)
    .filter((name) => name.endsWith(".c"))
    .sort();
}

function fingerprint(target: string): string {
  const hash = new Bun.CryptoHasher("sha256").update(JSON.stringify(TARGETS[target]));
  for (const name of readdirSync(SOURCES).sort())
    if (/\.[ch]$/.test(name)) hash.update(readFileSync(join(SOURCES, name)));
  return hash.update(readFileSync(import.meta.path)).digest("hex");
}

async function zig(args: string[]): Promise<void> {
  const child = Bun.spawn([ZIG, ...args], { cwd: SOURCES, stdout: "pipe", stderr: "pipe" });
  const [err, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  if (code !== 0) throw new Error(`zig ${args.join(" ")}\n${err}`);
}

if (import.meta.main) {
  const named = process.argv.slice(2);
  if (named.length === 0) await embedNative(hostTarget());
  for (const target of named.includes("all") ? Object.keys(TARGETS) : named) {
    const started = performance.now();
    await buildNative(target);
    console.log(
      `dist/native/${target}  ${(Bun.file(libraryOf(target)).size / 1024).toFixed(0)} KB  ${((performance.now() - started) / 1000).toFixed(1)} s`,
    );
  }
}
