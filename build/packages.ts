// Packages of other systems, which npm does not install here: fetched by npm, and taken only as the lock file pins them.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const ROOT = join(import.meta.dir, "..");
const OUT = join(ROOT, "dist", "packages");

const lockFile = z.object({
  packages: z.record(z.string(), z.object({ version: z.string().optional(), integrity: z.string().optional() })),
});

/** The lock file pins no bytes of it: the registry that it was written with did not have it. */
export class NotPinnedError extends Error {}

/** @returns the folder of the package's files. Throws NotPinnedError, or an Error when what came is not what is pinned. */
export async function pinnedPackage(name: string): Promise<string> {
  const { version, integrity } = pinOf(name);
  const folder = join(OUT, `${name.replace("/", "+")}-${version}`);
  if (existsSync(folder)) return folder;
  // Whoever builds at the same time has a folder of its own, and what is whole takes its place in one step.
  const work = `${folder}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    await run(["npm", "pack", "--silent", "--pack-destination", work, `${name}@${version}`]);
    const archive = join(work, readdirSync(work)[0] ?? "");
    const found = `sha512-${new Bun.CryptoHasher("sha512").update(readFileSync(archive)).digest("base64")}`;
    if (found !== integrity) throw new Error(`${name}@${version} is ${found}, and package-lock.json says ${integrity}`);
    await run(["tar", "-xzf", archive, "-C", work]);
    renameSync(join(work, "package"), folder);
    return folder;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function pinOf(name: string): { version: string; integrity: string } {
  const { packages } = lockFile.parse(JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")));
  const { version, integrity } = packages[`node_modules/${name}`] ?? {};
  if (!version || !integrity) throw new NotPinnedError(`package-lock.json has no ${name} with an integrity`);
  return { version, integrity };
}

async function run(command: readonly string[]): Promise<void> {
  const child = Bun.spawn([...command], { cwd: OUT, stdout: "ignore", stderr: "pipe" });
  const [err, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  if (code !== 0) throw new Error(`${command.join(" ")} failed with exit code ${code}\n${err}`);
}
