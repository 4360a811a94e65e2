// The entry: --version at once; everything else is imported only when needed.
import { VERSION } from "./version.ts";

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === "--version" || args[0] === "-v")) {
  process.stdout.write(`${VERSION}\n`);
} else {
  const { runCli } = await import("./cli.ts");
  process.exitCode = await runCli(args);
}
