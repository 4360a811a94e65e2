// The one error base: what it is (code), what to do (hint), what caused it (cause), how HTTP shows it (status).

export interface ErrorDetail {
  /** What the operator should do about it; shown by the CLI and the log, never to a remote caller. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Extra response headers, such as Retry-After. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * `message` is meant to be shown to whoever asked; causes go to the log only.
 * A module narrows `Code` to its own union, so that a code cannot be misspelt.
 */
export class FxnError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly status: number;
  readonly hint: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: Code, status: number, message: string, detail: ErrorDetail = {}) {
    super(message, { cause: detail.cause });
    this.name = new.target.name;
    this.code = code;
    this.status = status;
    this.hint = detail.hint;
    this.headers = detail.headers ?? {};
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
