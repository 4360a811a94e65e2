// What a bug report holds: each part is asked for by itself, and one that cannot be had says why instead.

import { existsSync, readFileSync } from "node:fs";
import { arch, availableParallelism, version as kernelVersion, release, totalmem } from "node:os";
import { z } from "zod";
import type { LoadedConfig } from "../../config/load.ts";
import { messageOf } from "../../core/errors.ts";
import { callControl } from "../../lib/control-socket.ts";
import type { Fetch } from "../../lib/fetch.ts";
import type { RunTool } from "../../lib/run-tool.ts";
import { homeFiles } from "../home-files.ts";

export interface Part {
  /** "status.json". */
  readonly name: string;
  readonly what: string;
  text(): Promise<string>;
}

export interface GatherPorts {
  readonly home: string;
  readonly version: string;
  /** The program's file. */
  readonly program: string;
  readonly load: () => Promise<LoadedConfig>;
  readonly gpus: () => Promise<unknown>;
  readonly fetch: Fetch;
  readonly runTool: RunTool;
  /** The program that shows the log of the service, and its arguments. */
  readonly logWords: readonly string[];
  /** A log that was given instead. */
  readonly logText: string | undefined;
  readonly now: () => number;
}

const STATUS = z.object({ admin: z.string() });
const MOST_BYTES = 16 * 1024 * 1024;
const LOG_BYTES = 4 * 1024 * 1024;
const LIMIT_MS = 10_000;
const CHECKS_MS = 30_000;
const LOG_LINES = 2000;

export function bugReportParts(ports: GatherPorts): readonly Part[] {
  const { home } = ports;
  return [
    { name: "about.txt", what: "fxn, the system, the machine", text: async () => about(ports) },
    { name: "config.json", what: "the configuration in force, masked", text: () => configuration(ports) },
    { name: "status.json", what: "what fxn status says", text: () => control(home, "GET", "/status") },
    {
      name: "checks.json",
      what: "what the node finds when it looks at itself",
      text: () => control(home, "POST", "/checks", CHECKS_MS),
    },
    { name: "metrics.txt", what: "metrics", text: () => metrics(ports) },
    { name: "log.txt", what: `the last ${LOG_LINES.toLocaleString("en-US")} lines of the log`, text: () => log(ports) },
    { name: "home.txt", what: "files of the home: modes and sizes", text: async () => listing(home) },
    { name: "gpus.json", what: "GPUs, and who told of them", text: async () => json(await ports.gpus()) },
  ];
}

/** Its text, or why there is none. */
export async function textOf(part: Part): Promise<string> {
  try {
    return await part.text();
  } catch (error) {
    return `not to be had: ${messageOf(error)}\n`;
  }
}

function about({ version, program, now }: GatherPorts): string {
  const lines = {
    fxn: version,
    bun: Bun.version,
    time: new Date(now()).toISOString(),
    system: `${process.platform} ${arch()} ${distribution()}`.trim(),
    kernel: `${release()} ${kernelVersion()}`,
    cores: availableParallelism(),
    memory: `${Math.round(totalmem() / 1024 ** 3)} GB`,
    container: existsSync("/.dockerenv") || process.pid === 1 ? "perhaps" : "no sign of one",
    program,
    "the one before an update": existsSync(`${program}.previous`) ? "is kept beside it" : "none",
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join("");
}

function distribution(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "";
  } catch {
    return "";
  }
}

async function configuration({ load }: GatherPorts): Promise<string> {
  const { warnings, show } = await load();
  const { config, models, origins } = show();
  return json({ config, models, origins, warnings });
}

async function control(home: string, method: "GET" | "POST", path: string, timeoutMs = LIMIT_MS): Promise<string> {
  const answer = await callControl(home, { method, path, timeoutMs, maxBytes: MOST_BYTES });
  if (!answer) return "no node runs on this home\n";
  const text = Buffer.concat([...answer.pieces]).toString("utf8");
  if (answer.status !== 200) throw new Error(`the node answers ${answer.status}: ${text.slice(0, 500)}`);
  return json(JSON.parse(text));
}

async function metrics({ home, ...ports }: GatherPorts): Promise<string> {
  const status = await control(home, "GET", "/status");
  if (!status.startsWith("{")) return status;
  const { admin } = STATUS.parse(JSON.parse(status));
  const host = admin.replace(/^0\.0\.0\.0:/, "127.0.0.1:").replace(/^\[::\]:/, "[::1]:");
  const { body } = await ports.fetch(`http://${host}/metrics`, { timeoutMs: LIMIT_MS, maxBytes: MOST_BYTES });
  return Buffer.from(body).toString("utf8");
}

async function log({ runTool, logWords, logText }: GatherPorts): Promise<string> {
  if (logText !== undefined) return tail(logText);
  const [name = "", ...args] = logWords;
  const shown = await runTool({ name, alsoIn: ["/usr/bin", "/bin"], timeoutMs: LIMIT_MS, maxBytes: LOG_BYTES }, args);
  if (!shown) throw new Error(`${name} is not installed; give a log with --log FILE`);
  if (shown.stdout.trim() === "") throw new Error("the service has no log here; give one with --log FILE");
  return tail(shown.stdout);
}

function tail(text: string): string {
  return text
    .split("\n")
    .slice(-LOG_LINES - 1)
    .join("\n");
}

function listing(home: string): string {
  return homeFiles(home)
    .map(({ name, bytes, mode, changed, kind }) => {
      const octal = mode.toString(8).padStart(4, "0");
      return `${octal} ${String(bytes).padStart(12)} ${new Date(changed).toISOString()} ${kind === "file" ? "" : `(${kind}) `}${name}\n`;
    })
    .join("");
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
