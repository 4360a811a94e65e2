// The bench's own programs in C, compiled by zig when they have changed: load and upstream. Linux only.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { TARGETS } from "../../../build/native-libraries.ts";
import { hostTarget } from "../../../build/targets.ts";

const ROOT = join(import.meta.dir, "..", "..", "..");
const SOURCES = join(import.meta.dir, "native");
const OUT = join(ROOT, "dist", "bench");

/** Why there are none here. */
export function withoutTools(): string | undefined {
  if (process.platform !== "linux") return "the load generator is written for Linux (epoll, /proc, taskset)";
  if (!Bun.which("taskset")) return "no taskset to pin processes with (apt-get install util-linux)";
  return undefined;
}

/** The path of the program; throws with the compiler's words. */
export async function nativeTool(name: "load" | "model-server"): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for (const file of readdirSync(SOURCES).sort()) hash.update(readFileSync(join(SOURCES, file)));
  const program = join(OUT, `${name}-${hash.digest("hex").slice(0, 12)}`);
  if (existsSync(program)) return program;
  mkdirSync(OUT, { recursive: true });
  // The target of the native libraries: for another one zig would first compile a C library, for a minute.
  const { zig: target = "" } = TARGETS[hostTarget().name] ?? {};
  const flags = ["-target", target, "-O2", "-std=gnu11", "-fno-sanitize=undefined", "-D_GNU_SOURCE", "-lpthread"];
  const made = `${program}.${process.pid}`;
  const zig = join(ROOT, "node_modules", ".bin", "zig");
  const child = Bun.spawn([zig, "cc", ...flags, "-o", made, join(SOURCES, `${name}.c`)], { stderr: "pipe" });
  const [words, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  if (code !== 0) throw new Error(`${name}.c does not compile:\n${words}`);
  renameSync(made, program);
  return program;
}
