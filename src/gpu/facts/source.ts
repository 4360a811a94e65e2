// What a source of GPU facts is: a tool or a place of this machine that may know of cards.
import type { Systeminformation } from "systeminformation";
import type { Clock } from "../../core/clock.ts";
import { FxnError } from "../../core/errors.ts";
import type { GpuStats } from "../../core/gpu.ts";
import type { RunTool, Tool, ToolOutput } from "../../lib/run-tool.ts";

/** The files of this machine; what is not there or cannot be read is absent. */
export interface Files {
  text(path: string): Promise<string | undefined>;
  /** The names in a folder, in order. */
  list(dir: string): Promise<readonly string[]>;
}

/** This machine, as far as sources look at it. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly clock: Clock;
  readonly run: RunTool;
  readonly files: Files;
  graphics(): Promise<Systeminformation.GraphicsData>;
}

export interface GpuSource {
  /** What an operator knows it by. */
  readonly name: string;
  readonly platforms: readonly NodeJS.Platform[];
  /** `undefined`: there is no such tool or driver here. Throws FxnError that says why it did not answer. */
  read(machine: Machine): Promise<readonly GpuStats[] | undefined>;
}

export class GpuSourceError extends FxnError<"gpu_source_failed"> {
  constructor(message: string) {
    super("gpu_source_failed", 500, message);
  }
}

const LONGEST_REASON = 200;

/** A vendor's tool with the limits that all of them have. With eight cards and no persistence daemon some need seconds. */
export function vendorTool(name: string, ...alsoIn: readonly string[]): Tool {
  return { name, alsoIn, timeoutMs: 10_000, maxBytes: 4 * 1024 * 1024 };
}

/** What a tool that named no card said instead, in one line. */
export function noAnswer({ exitCode, stdout, stderr }: ToolOutput): GpuSourceError {
  const lines = `${stderr}\n${stdout}`
    .split(/[\r\n]+/)
    .map((line) => line.replace(/\p{Cc}/gu, " ").trim())
    .filter((line) => /[a-z]{3}/i.test(line));
  // Python ends with what went wrong, others begin with it.
  const said = lines[0]?.startsWith("Traceback") ? lines.at(-1) : lines[0];
  return new GpuSourceError(`${said?.slice(0, LONGEST_REASON) ?? "it named no device"} (exit code ${exitCode})`);
}
