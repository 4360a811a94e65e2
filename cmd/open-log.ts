// The log on standard error, as the configuration wants it.
import type { Config } from "../src/config/schema.ts";
import { createLogger, type Logger } from "../src/observe/logger.ts";

/** @param worker which of the node's workers writes; undefined for the node itself */
export function openLog(
  { verbosity, format }: Config["logger"],
  stderr: NodeJS.WritableStream,
  worker?: number,
): Logger {
  const terminal = "isTTY" in stderr && stderr.isTTY === true;
  const human = format === "human" || (format === "auto" && terminal);
  const fields = worker === undefined ? {} : { worker };
  return createLogger({ verbosity, human, color: terminal, fields, write: (text) => void stderr.write(text) });
}
