// Installs what is missing, with Node and npm alone (or Bun alone), and does nothing when all is there.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const stamp = join(root, "node_modules", ".fxn-setup");
const wanted = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");

if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) process.exit(0);

console.log("Installing dependencies (once; about a minute) …");
// No install scripts: none of them is needed, and those of test parts would download things.
const npm = ["npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]];
const bun = ["bun", ["install", "--ignore-scripts", "--no-save"]];
run(has("npm") ? npm : bun);
// The npm package "bun" puts its executable in place by a script of its own, from a package that is already installed.
run([process.execPath, [join(root, "node_modules", "bun", "install.js")]]);
mkdirSync(dirname(stamp), { recursive: true });
writeFileSync(stamp, wanted);

function has(command) {
  return spawnSync(command, ["--version"], { stdio: "ignore", shell: process.platform === "win32" }).status === 0;
}

function run([command, args]) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status === 0) return;
  console.error(`${command} ${args.join(" ")} failed${error ? `: ${error.message}` : ` with exit code ${status}`}.`);
  process.exit(1);
}
