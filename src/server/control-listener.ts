// Listens on the control socket: for this user only, and only one node on a home.
import { chmodSync, existsSync, unlinkSync } from "node:fs";
import { FxnError, messageOf } from "../core/errors.ts";
import { askControl, controlSocketPath, MAX_SOCKET_PATH } from "../lib/control-socket.ts";

export class ControlError extends FxnError<"already_running" | "control_unavailable"> {}

/** Throws ControlError already_running when a node answers on this home's socket. */
export async function listenControl(
  home: string,
  handle: (request: Request) => Promise<Response>,
): Promise<{ stop(): Promise<void> }> {
  const path = controlSocketPath(home);
  const isFile = process.platform !== "win32";
  if (isFile && Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw new ControlError("control_unavailable", 500, `${path} is too long for a socket`, {
      hint: `Choose a --home of at most ${MAX_SOCKET_PATH - "/fxn.sock".length} bytes.`,
    });
  }
  if (await askControl(home, "GET", "/ready")) {
    throw new ControlError("already_running", 500, `a node is running on ${home} already`, {
      hint: "See fxn status. Two nodes need two homes.",
    });
  }
  // Nobody answered: the file was left by a node that was killed.
  if (isFile && existsSync(path)) unlinkSync(path);
  try {
    const server = Bun.serve({ unix: path, fetch: handle, development: false });
    if (isFile) chmodSync(path, 0o600);
    return {
      async stop() {
        await server.stop(true);
        if (isFile && existsSync(path)) unlinkSync(path);
      },
    };
  } catch (cause) {
    throw new ControlError("control_unavailable", 500, `cannot listen on ${path}: ${messageOf(cause)}`, { cause });
  }
}
