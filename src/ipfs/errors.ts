// What can go wrong with content by its hash.
import { type ErrorDetail, FxnError } from "../core/errors.ts";

export type IpfsCode =
  /** The text is no CID. */
  | "cid_invalid"
  /** It is, or its verified content is, what is not read here: a directory, another codec or hash. No source can help. */
  | "content_unsupported"
  | "content_too_large"
  /** What came is not what the CID says. */
  | "content_false"
  | "content_not_found"
  | "upload_failed"
  /** The credential was refused. */
  | "upload_denied"
  | "pin_failed";

const STATUS: Readonly<Record<IpfsCode, number>> = {
  cid_invalid: 400,
  content_unsupported: 422,
  content_too_large: 413,
  content_false: 502,
  content_not_found: 502,
  upload_failed: 502,
  upload_denied: 502,
  pin_failed: 502,
};

/** Messages name hosts, never a path, a query or a credential. */
export class IpfsError extends FxnError<IpfsCode> {
  constructor(code: IpfsCode, message: string, detail: ErrorDetail = {}) {
    super(code, STATUS[code], message, detail);
  }
}

/** Words of a server in a message of ours: one line, and not a long one. */
export function quoted(text: string): string {
  const line = text
    .slice(0, 1000)
    .replaceAll(/[\p{C}\p{Z}]+/gu, " ")
    .trim();
  return JSON.stringify(line.length > 160 ? `${line.slice(0, 160)}…` : line);
}
