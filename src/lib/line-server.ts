// A TCP server that answers lines with lines: few connections, short lines, none that stays silent for long.
import { createServer, type Server, type Socket } from "node:net";

export interface LineLimits {
  readonly maxLineBytes: number;
  readonly idleMs: number;
  readonly maxConnections: number;
}

export interface LineServer {
  readonly port: number;
  /** Since it was opened. */
  readonly connections: number;
  close(): Promise<void>;
}

const LF = 10;

/** @param answer to a line, without its end; it must not throw. Rejects with the system's error when it cannot listen. */
export async function openLineServer(
  { host, port }: { readonly host: string; readonly port: number },
  limits: LineLimits,
  answer: (line: string) => string,
): Promise<LineServer> {
  const open = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    // Whoever is there has gone; nobody is told.
    socket.on("error", () => socket.destroy());
    socket.setTimeout(limits.idleMs, () => socket.destroy());
    serve(socket, limits.maxLineBytes, answer);
  });
  // One more is closed at once, by the system's own count.
  server.maxConnections = limits.maxConnections;
  await listening(server, host, port);
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : port,
    get connections() {
      return connections;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

function serve(socket: Socket, maxLineBytes: number, answer: (line: string) => string): void {
  let held: Buffer[] = [];
  let bytes = 0;
  socket.on("data", (data: Buffer) => {
    let start = 0;
    for (let end = data.indexOf(LF); end >= 0; end = data.indexOf(LF, start)) {
      const line = Buffer.concat([...held, data.subarray(start, end)]);
      held = [];
      bytes = 0;
      start = end + 1;
      if (line.length > maxLineBytes) return void socket.destroy();
      const text = line.toString("utf8").trim();
      // Who asks and does not read gets nothing more than fits.
      if (text !== "" && !socket.write(`${answer(text)}\n`)) return void socket.destroy();
    }
    if (start < data.length) held.push(data.subarray(start));
    bytes += data.length - start;
    if (bytes > maxLineBytes) socket.destroy();
  });
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, ipv6Only: false }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
