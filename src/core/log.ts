// The least that a room needs of a logger. Fields are facts: never a prompt, an answer, a key or an RPC path.

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** For what is only tried. */
export const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };
