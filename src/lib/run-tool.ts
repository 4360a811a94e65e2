// Runs another program for what it prints: by its file, never through a shell, with a time limit and an output limit.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import type { Readable } from "node:stream";
import type { Clock } from "../core/clock.ts";
import { FxnError, messageOf } from "../core/errors.ts";

export interface Tool {
  /** Without ".exe". */
  readonly name: string;
  /** Folders outside PATH in which it usually is. */
  readonly alsoIn: readonly string[];
  readonly timeoutMs: number;
  /** Of standard output and standard error together. */
  readonly maxBytes: number;
  /** Names of variables that it sees beside the usual ones. */
  readonly variables?: readonly string[];
}

export interface ToolOutput {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `undefined`: there is no such program. Throws ToolError. */
export type RunTool = (tool: Tool, args: readonly string[]) => Promise<ToolOutput | undefined>;

type ToolCode = "tool_not_started" | "tool_timeout" | "tool_output_too_large" | "tool_killed" | "tool_stuck";

export class ToolError extends FxnError<ToolCode> {
  constructor(code: ToolCode, message: string, cause?: unknown) {
    super(code, 500, message, { cause });
  }
}

export interface RunToolPorts {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** The tool sees PATH, HOME, SystemRoot and the C locale, so that it answers in English and learns no secret. */
export function createRunTool({ clock, env, platform }: RunToolPorts): RunTool {
  const windows = platform === "win32";
  // What is relative means the folder or drive that fxn was started in, which may be anyone's.
  const rooted = (dir: string) => (windows ? /^[a-z]:[\\/]/i.test(dir) : isAbsolute(dir));
  const path = (env.PATH ?? env.Path ?? "").split(delimiter).filter(rooted);
  /** Killed and living on, with the tool's name: a driver that hangs holds them, and each further one would hang too. */
  const stuck = new Map<Child, string>();

  const open = (file: string, args: readonly string[], variables: readonly string[] = []): Child =>
    spawn(file, args, {
      stdio: ["ignore", "pipe", "pipe"],
      // A process group of its own, so that what a wrapper script started ends with it.
      detached: !windows,
      windowsHide: true,
      env: {
        PATH: path.join(delimiter),
        LANG: "C",
        LC_ALL: "C",
        ...(env.HOME && { HOME: env.HOME }),
        ...(env.SystemRoot && { SystemRoot: env.SystemRoot }),
        ...Object.fromEntries(variables.map((name) => [name, env[name]])),
      },
    });

  return async (tool, args) => {
    if ([...stuck.values()].includes(tool.name)) {
      throw new ToolError("tool_stuck", `${tool.name} was killed and has not ended yet`);
    }
    const file = await find([...path, ...tool.alsoIn.filter(rooted)], windows ? `${tool.name}.exe` : tool.name);
    if (!file) return undefined;
    const child = start(tool, () => open(file, args, tool.variables));
    return new Promise((resolve, reject) => {
      const output: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
      let bytes = 0;
      const giveUp = (error: ToolError) => {
        cancel();
        if (child.exitCode === null && child.signalCode === null) stuck.set(child, tool.name);
        kill(child, windows);
        reject(error);
      };
      const cancel = clock.after(tool.timeoutMs, () =>
        giveUp(new ToolError("tool_timeout", `${tool.name} did not answer within ${tool.timeoutMs} ms`)),
      );
      for (const name of ["stdout", "stderr"] as const) {
        child[name].on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes <= tool.maxBytes) output[name].push(chunk);
          else giveUp(new ToolError("tool_output_too_large", `${tool.name} printed more than ${tool.maxBytes} bytes`));
        });
      }
      child.on("error", (error) => {
        cancel();
        reject(notStarted(tool, error));
      });
      child.on("exit", () => stuck.delete(child));
      child.on("close", (exitCode, signal) => {
        cancel();
        if (exitCode === null) return reject(new ToolError("tool_killed", `${tool.name} was ended by ${signal}`));
        resolve({ exitCode, stdout: text(output.stdout), stderr: text(output.stderr) });
      });
    });
  };
}

/** A file of the wrong kind is refused at once, others by an event. */
function start(tool: Tool, open: () => Child): Child {
  try {
    return open();
  } catch (error) {
    throw notStarted(tool, error);
  }
}

function notStarted({ name }: Tool, cause: unknown): ToolError {
  return new ToolError("tool_not_started", `${name} could not be started: ${messageOf(cause)}`, cause);
}

async function find(dirs: readonly string[], name: string): Promise<string | undefined> {
  for (const dir of dirs) {
    const file = join(dir, name);
    try {
      await access(file, constants.X_OK);
      return file;
    } catch {
      // Not here: the next folder.
    }
  }
  return undefined;
}

function kill(child: Child, windows: boolean): void {
  child.stdout.destroy();
  child.stderr.destroy();
  // One that a driver holds must not hold us, when we want to end.
  child.unref();
  if (windows || child.pid === undefined) {
    child.kill("SIGKILL");
    return;
  }
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It ended by itself in the meantime.
  }
}

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString("utf8");
}
