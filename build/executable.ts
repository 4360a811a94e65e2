// Compiles the one file of a target: its runtime, the program, and the native libraries made for it.
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BunPlugin } from "bun";
import { type BundledPackage, bundledPackages } from "./bundle.ts";
import { signatureFault, signedAdHoc } from "./macho-signature.ts";
import { embedNative } from "./native.ts";
import { NotPinnedError, pinnedPackage } from "./packages.ts";
import { releaseSource } from "./release-source.ts";
import { type BuildTarget, hostTarget } from "./targets.ts";

const ROOT = join(import.meta.dir, "..");

export interface Executable {
  /** Megabytes. */
  readonly size: number;
  /** What the target could have and this build lacks, with the reason. */
  readonly missing: readonly string[];
  readonly bundle: readonly BundledPackage[];
}

/**
 * Leaves the libraries of that target embedded: who builds for others embeds this machine's again. Throws an Error.
 * @param version package.json's, unless a test wants another
 */
export async function compileExecutable(target: BuildTarget, outfile: string, version?: string): Promise<Executable> {
  const source = releaseSource(process.env);
  const host = target.name === hostTarget().name;
  await embedNative(target.name);
  const webgpu = host ? undefined : await webgpuOf(target);
  // The name makes `process.platform` in the program that of the target; the path is where its runtime comes from.
  const runtime = host ? {} : { target: `bun-${target.name}` as const, executablePath: await runtimeOf(target) };
  const result = await Bun.build({
    entrypoints: [join(ROOT, "cmd", "fxn.ts")],
    target: "bun",
    format: "esm",
    minify: { whitespace: true, syntax: true, identifiers: false },
    bytecode: true,
    // Parts that are imported when they are needed are loaded only then: --version reads next to nothing.
    splitting: true,
    metafile: true,
    // __dirname: packages of the old module form would carry the path of this very folder into the binary.
    define: {
      FXN_VERSION: JSON.stringify(version ?? (await packageVersion())),
      FXN_TARGET: JSON.stringify(target.name),
      FXN_RELEASE_URL: JSON.stringify(source.url),
      FXN_RELEASE_PUBLIC_KEY: JSON.stringify(source.publicKey),
      __dirname: `"/fxn"`,
    },
    plugins: webgpu ? [webgpu.plugin] : [],
    compile: {
      outfile,
      ...runtime,
      // A program that holds keys must not run what a .env or bunfig.toml of the working directory says.
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
    throw: false,
  });
  for (const log of result.logs) console.error(String(log));
  if (!result.success) throw new Error(`fxn for ${target.name} could not be built`);
  if (target.format === "Mach-O") sign(outfile);
  chmodSync(outfile, 0o755);
  return {
    size: Bun.file(outfile).size / 1e6,
    missing: webgpu?.missing ?? [],
    bundle: bundledPackages(result.metafile),
  };
}

/** Bun signs what it makes for arm64; for x64 it leaves the signature of its own maker, which holds no longer. */
function sign(path: string): void {
  const file = readFileSync(path);
  if (signatureFault(file) !== undefined) writeFileSync(path, signedAdHoc(file, "fxn"));
}

export async function packageVersion(): Promise<string> {
  const { version } = await Bun.file(join(ROOT, "package.json")).json();
  return version;
}

async function runtimeOf({ runtime, executable }: BuildTarget): Promise<string> {
  return join(await pinnedPackage(runtime), "bin", executable === "fxn" ? "bun" : "bun.exe");
}

/** bun-webgpu asks for the library of the machine that builds: the target gets its own, or none. */
async function webgpuOf({ webgpu }: BuildTarget): Promise<{ plugin: BunPlugin; missing: string[] }> {
  const [folder, missing] = await libraryFolder(webgpu);
  const plugin: BunPlugin = {
    name: "webgpu of the target",
    setup(build) {
      build.onResolve({ filter: /^bun-webgpu-[a-z0-9]+-[a-z0-9]+\/index\.ts$/ }, ({ path }) =>
        folder ? { path: join(folder, "index.ts") } : { path, namespace: "no-webgpu" },
      );
      build.onLoad({ filter: /.*/, namespace: "no-webgpu" }, () => ({
        contents: `throw new Error("this build of fxn has no WebGPU library");`,
        loader: "js",
      }));
    },
  };
  return { plugin, missing };
}

async function libraryFolder(webgpu: string | undefined): Promise<[folder: string | undefined, missing: string[]]> {
  if (!webgpu) return [undefined, []];
  try {
    return [await pinnedPackage(webgpu), []];
  } catch (error) {
    if (!(error instanceof NotPinnedError)) throw error;
    return [undefined, [`WebGPU: ${error.message}`]];
  }
}
