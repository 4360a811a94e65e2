// Listens on the control socket: for this user only.
import { rmSync, statSync } from "node:fs";
import { FxnError, messageOf } from "../core/errors.ts";
import { controlSocketPath, MAX_SOCKET_PATH } from "../lib/control-socket.ts";

export class ControlError extends FxnError<"control_unavailable"> {}

/**
 * A challenge or a restart takes longer than the 10 s of silence after which Bun closes a connection. Its types say that
 * there is no such limit on a Unix socket, but there is, and `server.timeout` does not change it.
 */
const NEVER_IDLE: object = { idleTimeout: 0 };

/** The home must be claimed. Throws ControlError. */
export function listenControl(
  home: string,
  handle: (request: Request) => Promise<Response>,
): { stop(): Promise<void> } {
  const path = controlSocketPath(home);
  const isFile = process.platform !== "win32";
  if (isFile && Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw new ControlError("control_unavailable", 500, `${path} is too long for a socket`, {
      hint: `Choose a --home of at most ${MAX_SOCKET_PATH - "/fxn.sock".length} bytes.`,
    });
  }
  // Made for this user alone from the first moment, not only after a chmod.
  const umask = process.umask(0o177);
  try {
    // The home is claimed: what is there was left by a node that was killed.
    if (isFile) rmSync(path, { force: true });
    const server = Bun.serve({ unix: path, development: false, fetch: handle, ...NEVER_IDLE });
    const own = isFile ? statSync(path).ino : undefined;
    return {
      async stop() {
        // What lies there may be the socket of a node that has taken over, and stopping would delete it all the same.
        if (isFile && statSync(path, { throwIfNoEntry: false })?.ino !== own) return;
        await server.stop(true);
        if (isFile) rmSync(path, { force: true });
      },
    };
  } catch (cause) {
    throw new ControlError("control_unavailable", 500, `cannot listen on ${path}: ${messageOf(cause)}`, { cause });
  } finally {
    process.umask(umask);
  }
}
