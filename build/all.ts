// Builds fxn for every target (or those named), and packs what is released: bun build/all.ts [target …] [--out <folder>].
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { allCommands } from "../cmd/cli.ts";
import { COMPLETIONS } from "../cmd/completion.ts";
import { manual } from "../cmd/man.ts";
import { FIXES } from "../src/update/release.ts";
import { type PackedFile, tarGz, zip } from "./archive.ts";
import { OWN } from "./bundle.ts";
import { contentsOf } from "./contents.ts";
import { compileExecutable, packageVersion } from "./executable.ts";
import { INSTALL_SCRIPTS, installScript } from "./install-scripts.ts";
import { thirdPartyLicenses } from "./licenses.ts";
import { embedNative } from "./native.ts";
import { faultsOf } from "./parts.ts";
import { releaseSource } from "./release-source.ts";
import { billOfMaterials } from "./sbom.ts";
import { BUILD_TARGETS, type BuildTarget, hostTarget } from "./targets.ts";

const ROOT = join(import.meta.dir, "..");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: "string", default: join(ROOT, "dist", "release") } },
});
const out = resolve(values.out);
const unknown = positionals.filter((name) => !BUILD_TARGETS.some((target) => target.name === name));
if (unknown.length > 0) {
  console.error(`no target ${unknown.join(", ")}: ${BUILD_TARGETS.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}
const targets = BUILD_TARGETS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

const version = await packageVersion();
const packed = (name: string, text: string): PackedFile => ({ name, bytes: Buffer.from(text), executable: false });
const texts = [
  packed("LICENSE", await Bun.file(join(ROOT, "LICENSE")).text()),
  packed("README.md", await Bun.file(join(ROOT, "README.md")).text()),
];
// Commands describe themselves, and load what src embeds.
await embedNative(hostTarget().name);
const commands = await allCommands();
const forShells = [
  packed("fxn.1", await manual(version)),
  packed("completions/fxn.bash", COMPLETIONS.bash(commands)),
  packed("completions/_fxn", COMPLETIONS.zsh(commands)),
  packed("completions/fxn.fish", COMPLETIONS.fish(commands)),
];

mkdirSync(out, { recursive: true });
// Of an earlier build; nothing else that lies there is ours to delete.
for (const name of readdirSync(out))
  if (
    /^(?:fxn-.*\.(?:tar\.gz|zip|cdx\.json)|install\.(?:sh|ps1)|SECURITY-FIXES\.txt|SHA256SUMS(?:\.minisig)?)$/.test(
      name,
    )
  )
    rmSync(join(out, name));
const sums: string[] = [];
try {
  for (const target of targets) sums.push(await release(target));
} finally {
  // Tests and `npm run build` load these.
  await embedNative(hostTarget().name);
}
for (const script of INSTALL_SCRIPTS) {
  const bytes = Buffer.from(installScript(script, releaseSource(process.env)));
  writeFileSync(join(out, script.name), bytes, { mode: 0o755 });
  sums.push(sumLine(bytes, script.name));
}
const fixes = readFileSync(join(ROOT, FIXES));
writeFileSync(join(out, FIXES), fixes);
sums.push(sumLine(fixes, FIXES));
writeFileSync(join(out, "SHA256SUMS"), sums.join(""));

/** @returns its lines of SHA256SUMS */
async function release(target: BuildTarget): Promise<string> {
  const started = performance.now();
  const folder = join(ROOT, "dist", "build", target.name);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, target.executable);
  const { size, missing, bundle } = await compileExecutable(target, file);
  const bytes = await Bun.file(file).bytes();
  const faults = faultsOf(target, Buffer.from(bytes.buffer));
  if (faults.length > 0) throw new Error(`fxn for ${target.name} is not right:\n${faults.join("\n")}`);
  const contents = contentsOf(target, bundle);
  const files = [
    { name: target.executable, bytes, executable: true },
    ...texts,
    packed("THIRD_PARTY_LICENSES.txt", thirdPartyLicenses(contents)),
    ...(target.format === "PE" ? [] : forShells),
  ];
  const name = `fxn-${version}-${target.name}`;
  const archive = target.archive === "zip" ? zip(name, files) : await tarGz(name, files);
  const path = `${name}.${target.archive}`;
  writeFileSync(join(out, path), archive);
  const uses = bundle.find((each) => each.path === OWN)?.uses ?? [];
  const bill = billOfMaterials({ version, target: target.name, sha256: sha256(bytes), uses }, contents);
  writeFileSync(join(out, `${name}.cdx.json`), bill);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${path}  ${(archive.length / 1e6).toFixed(0)} MB (the file ${size.toFixed(0)} MB)  ${seconds} s`);
  for (const what of missing) console.log(`  without ${what}`);
  return sumLine(archive, path) + sumLine(bill, `${name}.cdx.json`);
}

/** As sha256sum writes it. */
function sumLine(content: Uint8Array | string, path: string): string {
  return `${sha256(content)}  ${path}\n`;
}

function sha256(content: Uint8Array | string): string {
  return new Bun.CryptoHasher("sha256").update(content).digest("hex");
}
