// What is compiled of C: the libraries, their sources, and the flags of each for every target.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");
/** Bitcoin Core's library, out of a package that the lock file pins. */
const LIBSECP256K1 = join(ROOT, "node_modules", "secp256k1", "src", "secp256k1");

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

export interface Target {
  readonly zig: string;
  readonly variants: readonly Variant[];
  readonly link: readonly string[];
}

/** Without a name of its own it carries its path on the building machine. */
const MACOS = ["-shared", "-Wl,-install_name,fxn.dylib"];

/** By Bun's names of targets, and wasm for where no library can be loaded. glibc 2.17 is that of the oldest systems. */
export const TARGETS: Readonly<Record<string, Target>> = {
  "linux-x64": { zig: "x86_64-linux-gnu.2.17", variants: X64, link: ["-shared", "-lpthread"] },
  "linux-arm64": { zig: "aarch64-linux-gnu.2.17", variants: ARM64, link: ["-shared", "-lpthread"] },
  "linux-x64-musl": { zig: "x86_64-linux-musl", variants: X64, link: ["-shared"] },
  "linux-arm64-musl": { zig: "aarch64-linux-musl", variants: ARM64, link: ["-shared"] },
  "darwin-x64": { zig: "x86_64-macos", variants: X64, link: MACOS },
  "darwin-arm64": { zig: "aarch64-macos", variants: ARM64, link: MACOS },
  "windows-x64": { zig: "x86_64-windows-gnu", variants: X64, link: ["-shared"] },
  "windows-arm64": { zig: "aarch64-windows-gnu", variants: ARM64, link: ["-shared"] },
  wasm: { zig: "wasm32-wasi", variants: WASM, link: ["-mexec-model=reactor", "-Wl,--export-dynamic"] },
};

/** One source, compiled with these flags. */
export interface Unit {
  readonly source: string;
  readonly object: string;
  readonly flags: readonly string[];
}

export interface Library {
  readonly name: string;
  /** The folder of its sources. */
  readonly sources: string;
  units(target: Target): readonly Unit[];
  /** What of others it is made from: it is compiled anew when this changes. */
  borrowed(): string;
}

const matrix: Library = {
  name: "matrix",
  sources: join(ROOT, "src", "matrix", "native"),
  /** One object for each set of SIMD instructions, and one for each other source. */
  units({ variants }) {
    const kernels = variants.map(({ name, flags }) => ({
      source: "simd.c",
      object: `simd-${name}`,
      flags: [...flags, `-DVARIANT=${name}`],
    }));
    const rest = readdirSync(this.sources)
      .filter((name) => name.endsWith(".c") && name !== "simd.c")
      .sort()
      .map((source) => ({ source, object: source.replace(".c", ""), flags: variants[0]?.flags ?? [] }));
    return [...kernels, ...rest];
  },
  borrowed: () => "",
};

const secp256k1: Library = {
  name: "secp256k1",
  sources: join(ROOT, "src", "secp256k1", "native"),
  units: ({ zig, variants }) => [
    {
      source: "verify.c",
      object: "verify",
      flags: [
        ...SECP256K1_FLAGS,
        // Small is fast in WebAssembly: its compiler does worse the longer a function is. A protected stack wants random
        // numbers, which nobody gives it.
        ...(zig.startsWith("wasm")
          ? ["-mcpu=generic+bulk_memory", "-Os", "-fno-stack-protector"]
          : (variants[0]?.flags ?? [])),
      ],
    },
  ],
  borrowed: () => readFileSync(join(LIBSECP256K1, "..", "..", "package.json"), "utf8"),
};

/** The borrowed sources are headers with more in them than is used. */
export const SECP256K1_FLAGS = [`-I${LIBSECP256K1}`, `-I${join(LIBSECP256K1, "src")}`, "-Wno-unused-function"];

export const LIBRARIES = { matrix, secp256k1 };
