// All tests of `npm test`, as four processes side by side: those through the binary wait half of the time, the others compute.
import { statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const BESIDE_THE_CODE = ["src", "cmd", "challengers", "registries", "build", "test/arch.test.ts"];
const OF_THE_WHOLE = ["test/toy-network.test.ts", "test/bench", "test/sandbox"];
const THROUGH_THE_BINARY = ["test/e2e"];

/** Ten times as late as else: processes that end within a second would spend a fifth of it on code that they do not run again. */
const OPTIMIZE_LATER = { BUN_JSC_thresholdForOptimizeAfterWarmUp: "10000" };

/**
 * @param shown its words come as they are said; else they are kept until it has ended
 * @param env beside this one's
 */
function run(paths: readonly string[], shown: boolean, env: Record<string, string> = {}) {
  const child = Bun.spawn([process.execPath, "test", "--timeout", "60000", ...paths, ...process.argv.slice(2)], {
    cwd: root,
    env: { ...process.env, ...env },
    stdout: shown ? "inherit" : "pipe",
    stderr: shown ? "inherit" : "pipe",
  });
  const words = shown ? "" : Promise.all([textOf(child.stderr), textOf(child.stdout)]).then((parts) => parts.join(""));
  return { code: child.exited, words };
}

function textOf(stream: ReadableStream<Uint8Array> | undefined): Promise<string> {
  return new Response(stream).text();
}

function testFilesIn(path: string): string[] {
  if (statSync(join(root, path)).isFile()) return [`./${path}`];
  const found = new Bun.Glob("**/*.test.ts").scanSync({ cwd: join(root, path) });
  return [...found].sort().map((name) => `./${path}/${name}`);
}

/** Every n-th file, from that one on: what belongs together stands together, and is shared out evenly. */
function share(paths: readonly string[], from: number, of: number): string[] {
  return paths.flatMap(testFilesIn).filter((_, i) => i % of === from);
}

const UNIT = [...BESIDE_THE_CODE, ...OF_THE_WHOLE];
const runs = [
  run(share(UNIT, 0, 2), true),
  run(share(UNIT, 1, 2), false),
  run(share(THROUGH_THE_BINARY, 0, 2), false, OPTIMIZE_LATER),
  run(share(THROUGH_THE_BINARY, 1, 2), false, OPTIMIZE_LATER),
];
const codes: number[] = [];
for (const { code, words } of runs) {
  codes.push(await code);
  const text = await words;
  // All of it must be out before the process ends: what is counted afterwards reads it through a pipe.
  await new Promise((resolve) => process.stderr.write(text, resolve));
}
process.exit(codes.find((code) => code !== 0) ?? 0);
