// Installs gateways of other projects into a cache folder, outside the product and its lock file.

/** Slow machines take minutes for LiteLLM. */
const LIMIT_MS = 900_000;

/** @throws with the last words of a command that fails, or when the program is missing */
export async function install(
  command: readonly [string, ...string[]],
  env: Record<string, string> = {},
): Promise<void> {
  if (!Bun.which(command[0])) throw new Error(`no ${command[0]} here`);
  const child = Bun.spawn([...command], {
    env: { ...process.env, ...env },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    timeout: LIMIT_MS,
  });
  const [words, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  if (code !== 0) throw new Error(`${command.join(" ")} failed: ${words.trim().split("\n").slice(-2).join(" ")}`);
}
