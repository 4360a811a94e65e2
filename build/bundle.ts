// Which packages are really in the file: read out of what the bundler says that it wrote, and of what imports what.
import { join, relative, resolve } from "node:path";
import { z } from "zod";

const ROOT = join(import.meta.dir, "..");

/** The source of fxn itself, among the packages. */
export const OWN = "";

const metafile = z.object({
  inputs: z.record(
    z.string(),
    z.object({ imports: z.array(z.object({ path: z.string(), external: z.boolean().optional() })) }),
  ),
  outputs: z.record(z.string(), z.object({ inputs: z.record(z.string(), z.unknown()) })),
});

export interface BundledPackage {
  /** Its key in the lock file: node_modules/a, or node_modules/a/node_modules/b. OWN for fxn. */
  readonly path: string;
  /** The folder of its files. */
  readonly folder: string;
  /** The packages that it imports, by path, in order. */
  readonly uses: readonly string[];
}

/** @param metafile as Bun.build gives it; its paths start where the build was started */
export function bundledPackages(from: unknown): BundledPackage[] {
  const { inputs, outputs } = metafile.parse(from);
  const written = new Set(Object.values(outputs).flatMap((output) => Object.keys(output.inputs)));
  const found = new Map<string, { folder: string; uses: Set<string> }>();
  for (const file of written) {
    const { path, folder } = packageOf(file);
    const entry = found.get(path) ?? { folder, uses: new Set() };
    found.set(path, entry);
    for (const imported of inputs[file]?.imports ?? []) {
      const other = packageOf(imported.path).path;
      if (!imported.external && written.has(imported.path) && other !== path) entry.uses.add(other);
    }
  }
  return [...found]
    .map(([path, { folder, uses }]) => ({ path, folder, uses: [...uses].sort() }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function packageOf(file: string): { path: string; folder: string } {
  const path = relative(ROOT, resolve(file)).replaceAll("\\", "/");
  const installed = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0];
  if (installed !== undefined) return { path: installed, folder: join(ROOT, installed) };
  // One of another system, as packages.ts unpacks it.
  const fetched = /^dist\/packages\/([^/]+)-\d+\.\d+\.\d+[^/]*(?=\/)/.exec(path);
  if (fetched?.[1]) return { path: `node_modules/${fetched[1].replace("+", "/")}`, folder: join(ROOT, fetched[0]) };
  return { path: OWN, folder: ROOT };
}
