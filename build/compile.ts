// Compiles the binary for this machine: dist/fxn (dist/fxn.exe on Windows).
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { embedNative, hostTarget } from "./native.ts";

const root = join(import.meta.dir, "..");
const { version } = await Bun.file(join(root, "package.json")).json();
mkdirSync(join(root, "dist"), { recursive: true });

await embedNative(hostTarget());
const outfile = join(root, "dist", process.platform === "win32" ? "fxn.exe" : "fxn");
const started = performance.now();
const result = await Bun.build({
  entrypoints: [join(root, "cmd", "fxn.ts")],
  target: "bun",
  format: "esm",
  minify: { whitespace: true, syntax: true, identifiers: false },
  bytecode: true,
  // Parts that are imported when they are needed are loaded only then: --version reads next to nothing.
  splitting: true,
  // __dirname: packages of the old module form would carry the path of this very folder into the binary.
  define: { FXN_VERSION: JSON.stringify(version), __dirname: `"/fxn"` },
  compile: {
    outfile,
    // A program that holds keys must not run what a .env or bunfig.toml of the working directory says.
    autoloadDotenv: false,
    autoloadBunfig: false,
    autoloadTsconfig: false,
    autoloadPackageJson: false,
  },
  throw: false,
});
for (const log of result.logs) console.error(String(log));
if (!result.success) process.exit(1);
const size = (Bun.file(outfile).size / 1e6).toFixed(0);
console.log(`dist/fxn ${version} (${size} MB) built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
