// The licence texts of all that is in the file besides fxn: packages, borrowed C, the runtime.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const ROOT = join(import.meta.dir, "..");

const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      dev: z.boolean().optional(),
      peer: z.boolean().optional(),
    }),
  ),
});
const manifest = z.object({ license: z.string().optional() });

interface Component {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** "" when it brings none along: then its licence is known by name alone. */
  readonly text: string;
}

/** Every package that may be in the file, in order of names; not what only builds or tests it. */
function components(): Component[] {
  const { packages } = lockFile.parse(JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")));
  return Object.entries(packages)
    .filter(([path, { dev, peer }]) => path !== "" && !dev && !peer)
    .filter(([path]) => existsSync(join(ROOT, path, "package.json")))
    .map(([path, { version = "" }]) => componentAt(join(ROOT, path), path.replace(/^.*node_modules\//, ""), version))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function componentAt(folder: string, name: string, version: string): Component {
  const { license = "UNKNOWN" } = manifest.parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
  return { name, version, license, text: licenseText(folder) };
}

function licenseText(folder: string): string {
  const file = readdirSync(folder)
    .sort()
    .find((name) => /^(?:licen[cs]e|copying)(?:[.-]|$)/i.test(name));
  return file ? readFileSync(join(folder, file), "utf8").trim() : "";
}

/** What is no package of npm. */
function others(): Component[] {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(ROOT, "node_modules", "bun", "package.json"), "utf8")));
  const secp256k1 = join(ROOT, "node_modules", "secp256k1", "src", "secp256k1");
  return [
    {
      name: "Bun",
      version,
      license: "MIT; contains JavaScriptCore (LGPL-2.0-or-later) and other libraries",
      text: "The runtime inside this file. Its licence, and those of what it contains: https://bun.sh/docs/project/licensing",
    },
    { name: "libsecp256k1 (field arithmetic)", version: "", license: "MIT", text: licenseText(secp256k1) },
  ];
}

/** THIRD_PARTY_LICENSES.txt. Throws an Error when a package says nothing of its licence. */
export function thirdPartyLicenses(): string {
  const all = [...others(), ...components()];
  const unknown = all.filter(({ license }) => license === "UNKNOWN");
  if (unknown.length > 0) throw new Error(`no licence is known of ${unknown.map(({ name }) => name).join(", ")}`);
  return all
    .map(({ name, version, license, text }) => {
      const title = `${name} ${version}`.trim();
      return `${title}\n${"=".repeat(title.length)}\nLicence: ${license}\n${text === "" ? "" : `\n${text}\n`}`;
    })
    .join("\n\n");
}
