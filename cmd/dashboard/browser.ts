// Opens a link in the browser of who sits at this machine.

/** How long an opener may take before it is left alone: some stay for as long as their browser does. */
const PATIENCE_MS = 3000;

type Environment = Readonly<Record<string, string | undefined>>;

/** False: there is no display, or nothing that opens links. No shell reads the link. */
export async function openBrowser(url: string, platform: NodeJS.Platform, env: Environment): Promise<boolean> {
  const command = openerOf(platform, env);
  const program = command && Bun.which(command[0] ?? "", { PATH: env.PATH ?? "" });
  if (!command || !program) return false;
  const child = Bun.spawn([program, ...command.slice(1), url], {
    env: { ...env },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  child.unref();
  const code = await Promise.race([child.exited, Bun.sleep(PATIENCE_MS)]);
  return code === undefined || code === 0;
}

export function openerOf(platform: NodeJS.Platform, env: Environment): readonly string[] | undefined {
  if (platform === "darwin") return ["open"];
  // What `start` of the command line does, without a command line.
  if (platform === "win32") return ["rundll32.exe", "url.dll,FileProtocolHandler"];
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ["xdg-open"] : undefined;
}
