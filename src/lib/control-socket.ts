// The node's control socket: a file in its home (a named pipe on Windows), its address and the client's side.
import { createHash } from "node:crypto";
import { request } from "node:http";
import { join } from "node:path";

/** Unix sockets have short names: 104 bytes on macOS, 108 on Linux, with the closing zero. */
export const MAX_SOCKET_PATH = 103;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 5000;

export function controlSocketPath(home: string, platform: NodeJS.Platform = process.platform): string {
  if (platform !== "win32") return join(home, "fxn.sock");
  return `\\\\.\\pipe\\fxn-${createHash("sha256").update(home).digest("hex").slice(0, 16)}`;
}

export interface ControlAnswer {
  readonly status: number;
  readonly json: unknown;
}

/** Asks the node that runs on this home; `undefined` when none does. */
export function askControl(
  home: string,
  method: "GET" | "PUT" | "DELETE",
  path: string,
): Promise<ControlAnswer | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(
      { socketPath: controlSocketPath(home), method, path, timeout: TIMEOUT_MS, agent: false },
      (answer) => {
        const chunks: Buffer[] = [];
        let size = 0;
        answer.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER_BYTES) call.destroy(new Error("the node's answer is too large"));
          chunks.push(chunk);
        });
        answer.on("end", () => {
          try {
            resolve({ status: answer.statusCode ?? 0, json: JSON.parse(Buffer.concat(chunks).toString("utf8")) });
          } catch (error) {
            reject(error);
          }
        });
        answer.on("error", reject);
      },
    );
    call.on("timeout", () => call.destroy(new Error("the node does not answer on its control socket")));
    call.on("error", (error: NodeJS.ErrnoException) => {
      // Nobody listens: the node is not running, or was killed and left the file behind.
      if (error.code === "ENOENT" || error.code === "ECONNREFUSED") resolve(undefined);
      else reject(error);
    });
    call.end();
  });
}
