// Sends bytes to a port exactly as written, for requests that no HTTP client would make.
import { connect } from "node:net";

export interface RawAnswer {
  readonly text: string;
  /** The server closed the connection before we did. */
  readonly closed: boolean;
}

/** Writes `parts` in order, pausing for the numbers (ms), and collects what came until `waitMs` after the last part or the close. */
export function rawHttp(
  port: number,
  parts: readonly (string | Uint8Array | number)[],
  waitMs = 1000,
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    let finished = false;
    const finish = (closed: boolean) => {
      if (finished) return;
      finished = true;
      socket.destroy();
      resolve({ text, closed });
    };
    socket.on("data", (data) => {
      text += data.toString("latin1");
    });
    socket.on("error", () => finish(true));
    socket.on("close", () => finish(true));
    void (async () => {
      for (const part of parts) {
        if (finished) return;
        if (typeof part === "number") await Bun.sleep(part);
        else socket.write(part);
      }
      await Bun.sleep(waitMs);
      finish(false);
    })();
  });
}
