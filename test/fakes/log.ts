// A logger that remembers every line, so that a test can look for what must or must not be there.
import type { Log, LogFields } from "../../src/core/log.ts";

export interface LogLine {
  level: "debug" | "info" | "warn" | "error";
  fields: LogFields;
  message: string;
}

export class FakeLog implements Log {
  readonly lines: LogLine[] = [];

  debug(fields: LogFields, message: string): void {
    this.lines.push({ level: "debug", fields, message });
  }

  info(fields: LogFields, message: string): void {
    this.lines.push({ level: "info", fields, message });
  }

  warn(fields: LogFields, message: string): void {
    this.lines.push({ level: "warn", fields, message });
  }

  error(fields: LogFields, message: string): void {
    this.lines.push({ level: "error", fields, message });
  }
}
