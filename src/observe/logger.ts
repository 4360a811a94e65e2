// The log: pino with redaction, JSON for machines and lines for people, level changeable while it runs.
import { type DestinationStream, pino } from "pino";
import { prettyFactory } from "pino-pretty";
import type { Log } from "../core/log.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

export interface Logger extends Log {
  setLevel(level: LogLevel): void;
  level(): LogLevel;
  /** Writes what has gathered: before the process ends. */
  flush(): void;
}

export interface LoggerOptions {
  /** One of config's logger.verbosity. */
  readonly verbosity: string;
  readonly human: boolean;
  readonly color: boolean;
  /** On every line. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Gets whole lines, one or more. */
  readonly write: (lines: string) => void;
}

/** Fields with these names never show their value, whoever logs them: the last line of defence, not the first. */
const REDACTED = [
  "apiKey",
  "authorization",
  "bearerToken",
  "body",
  "content",
  "cookie",
  "messages",
  "password",
  "privateKey",
  "private_key",
  "prompt",
  "secret",
  "signature",
  "x-api-key",
  "x-signature",
];

export function createLogger({ verbosity, human, color, fields, write }: LoggerOptions): Logger {
  const pretty = human
    ? prettyFactory({ colorize: color, singleLine: true, translateTime: "SYS:HH:MM:ss.l" })
    : undefined;
  // Lines of one turn go out in one write, which costs more than all of them; what is wrong goes out at once.
  let gathered = "";
  const flush = () => {
    if (gathered === "") return;
    const lines = gathered;
    gathered = "";
    write(lines);
  };
  const stream: DestinationStream = {
    write(line) {
      if (gathered === "") setImmediate(flush);
      gathered += pretty ? String(pretty(line)) : line;
    },
  };
  const log = pino(
    {
      level: levelOf(verbosity),
      base: fields ?? null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED.map((name) => `["${name}"]`), censor: "***" },
    },
    stream,
  );
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn(fields, message) {
      log.warn(fields, message);
      flush();
    },
    error(fields, message) {
      log.error(fields, message);
      flush();
    },
    flush,
    setLevel: (level) => {
      log.level = level;
    },
    level: () => levelOf(log.level),
  };
}

/** zap's dpanic, panic and fatal are written by no line of ours; they mean: errors only. */
export function levelOf(verbosity: string): LogLevel {
  const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"];
  return levels.find((level) => level === verbosity) ?? "error";
}
