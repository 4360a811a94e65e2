// Makes src/gpu/cuda/kernels.ptx of kernels.cu; its first line says of which source. Run it after a change of the kernels.
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const source = join(root, "src/gpu/cuda/kernels.cu");
const header = join(root, "build/ptx-device.h");

/** Compute capability 7.0: every newer device runs it too. */
const FLAGS = ["-O3", "-std=c++17"];
const CLANG = ["-x", "cuda", "--cuda-device-only", "-nocudainc", "-nocudalib", "--cuda-gpu-arch=sm_70", "-S"];
const NVCC = ["-ptx", "-arch=compute_70"];

/** clang first: its PTX is of version 6.0, which drivers of 2017 understand; nvcc's needs a driver as new as itself. */
const COMPILERS = [
  ...["clang-14", "clang"].map((name) => ({ name, flags: [...CLANG, ...FLAGS, "-include", header] })),
  { name: "nvcc", flags: [...NVCC, ...FLAGS] },
];

/** The first line of PTX that is made of the files as they are now. */
export async function firstLine(): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for (const path of [source, header, import.meta.path]) hash.update(await Bun.file(path).text());
  return `// Made by build/ptx.ts of sources with SHA-256 ${hash.digest("hex")}.`;
}

if (import.meta.main) {
  const compiler = COMPILERS.find(({ name }) => Bun.which(name));
  if (!compiler) throw new Error(`none of these is installed: ${COMPILERS.map(({ name }) => name).join(", ")}`);
  const { stdout, exitCode } = Bun.spawnSync([compiler.name, ...compiler.flags, "-o", "-", source], {
    stderr: "inherit",
  });
  if (exitCode !== 0) throw new Error(`${compiler.name} failed with exit code ${exitCode}`);
  await Bun.write(join(root, "src/gpu/cuda/kernels.ptx"), `${await firstLine()}\n${stdout}`);
  console.log(`src/gpu/cuda/kernels.ptx made by ${compiler.name}`);
}
