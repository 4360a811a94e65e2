// Compiles the binary for this machine: dist/fxn (dist/fxn.exe on Windows).
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { compileExecutable } from "./executable.ts";
import { hostTarget } from "./targets.ts";

const dist = join(import.meta.dir, "..", "dist");
mkdirSync(dist, { recursive: true });
const target = hostTarget();
const started = performance.now();
const { size } = await compileExecutable(target, join(dist, target.executable));
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(`dist/${target.executable} (${size.toFixed(0)} MB) built in ${seconds} s`);
