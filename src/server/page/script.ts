// The page's script as one text, made when this program is built: imported as a macro, so nothing of it runs later.
import { join } from "node:path";

/** In another process: a bundler does not run within the bundler. */
export function pageScript(): string {
  const entry = join(import.meta.dir, "client", "main.ts");
  const build = [process.execPath, "build", entry, "--target=browser", "--minify-whitespace", "--minify-syntax"];
  const { success, stdout, stderr } = Bun.spawnSync(build);
  if (!success) throw new Error(`the page's script cannot be built: ${stderr}`);
  return stdout.toString();
}
