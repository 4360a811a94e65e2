// The node's control socket: a file in its home (a named pipe on Windows), its address and the client's side.
import { createHash } from "node:crypto";
import { request } from "node:http";
import { join } from "node:path";
import { FxnError } from "../core/errors.ts";

/** Unix sockets have short names: 104 bytes on macOS, 108 on Linux, with the closing zero. */
export const MAX_SOCKET_PATH = 103;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 5000;

export class ControlError extends FxnError<"control_not_allowed"> {}

export function controlSocketPath(home: string, platform: NodeJS.Platform = process.platform): string {
  if (platform !== "win32") return join(home, "fxn.sock");
  return `\\\\.\\pipe\\fxn-${createHash("sha256").update(home).digest("hex").slice(0, 16)}`;
}

export interface ControlAnswer {
  readonly status: number;
  readonly json: unknown;
}

/** Asks the node that runs on this home; `undefined` when none does. */
export async function askControl(
  home: string,
  method: "GET" | "PUT" | "DELETE" | "POST",
  path: string,
  timeoutMs = TIMEOUT_MS,
): Promise<ControlAnswer | undefined> {
  const answer = await callControl(home, { method, path, timeoutMs, maxBytes: MAX_ANSWER_BYTES });
  return answer && { status: answer.status, json: JSON.parse(Buffer.concat(answer.pieces).toString("utf8")) };
}

export interface ControlCall {
  readonly method: "GET" | "PUT" | "DELETE" | "POST";
  readonly path: string;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal;
  /** Of silence; default: none. */
  readonly timeoutMs?: number;
  /** Of the answer; default: as many as come. */
  readonly maxBytes?: number;
}

export interface ControlReply {
  readonly status: number;
  readonly pieces: readonly Buffer<ArrayBuffer>[];
}

/** The whole answer of the node that runs on this home; `undefined` when none does. */
export function callControl(
  home: string,
  { method, path, body, signal, timeoutMs = 0, maxBytes = Number.POSITIVE_INFINITY }: ControlCall,
): Promise<ControlReply | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(
      { socketPath: controlSocketPath(home), method, path, timeout: timeoutMs, agent: false, signal },
      (answer) => {
        const pieces: Buffer<ArrayBuffer>[] = [];
        let size = 0;
        answer.on("data", (piece: Buffer<ArrayBuffer>) => {
          size += piece.length;
          if (size > maxBytes) call.destroy(new Error("the node's answer is too large"));
          pieces.push(piece);
        });
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, pieces }));
        answer.on("error", reject);
      },
    );
    call.on("timeout", () => call.destroy(new Error("the node does not answer on its control socket")));
    call.on("error", (error: NodeJS.ErrnoException) => {
      // Nobody listens: the node is not running, or was killed and left the file behind.
      if (error.code === "ENOENT" || error.code === "ECONNREFUSED") resolve(undefined);
      else reject(error.code === "EACCES" ? notAllowed(home, error) : error);
    });
    call.end(body);
  });
}

function notAllowed(home: string, cause: Error): ControlError {
  return new ControlError("control_not_allowed", 403, `this user may not enter ${home}, and so not ask its node`, {
    hint: "Ask as the user who runs the node, or with sudo.",
    cause,
  });
}
