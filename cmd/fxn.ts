// The entry: --version at once; everything else is imported only when needed.
import { writeSync } from "node:fs";
import { COMPUTE_PROCESS, MODEL_PROCESS, WORKER_PROCESS } from "./process-words.ts";
import { VERSION } from "./version.ts";

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === "--version" || args[0] === "-v")) {
  // Not process.stdout: making a stream of it takes longer than all the rest.
  writeSync(1, `${VERSION}\n`);
} else {
  await import("./plain-schemas.ts");
  process.exit(await run());
}

/** Resolves with the exit code. */
async function run(): Promise<number> {
  if (args[0] === COMPUTE_PROCESS && process.send) {
    const { serveCompute } = await import("./compute-process.ts");
    await serveCompute();
    return 0;
  }
  if (args[0] === WORKER_PROCESS && process.send) {
    const { serveCallers } = await import("./worker-process.ts");
    return serveCallers();
  }
  if (args[0] === MODEL_PROCESS && args[1] && args[2]) {
    const { runModelProcess } = await import("./model-process.ts");
    await runModelProcess(args[1], args[2]);
    return 0;
  }
  const { runCli } = await import("./cli.ts");
  const code = await runCli(args);
  // What was written must be out before the process ends; and it must end, whatever still holds it.
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  return code;
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}
