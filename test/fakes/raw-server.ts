// A server that says exactly the bytes that a case needs: what no HTTP server would send, and when none would.
import net from "node:net";
import tls from "node:tls";

/** Called for each whole request; `nth` counts them over all connections, from 1. */
export type Script = (socket: net.Socket, request: string, nth: number) => void;

export interface RawServerOptions {
  /** Called for each connection. */
  readonly greet?: (socket: net.Socket) => void;
  readonly host?: string;
  /** Its certificate and key; plain without. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export class RawServer implements Disposable {
  readonly requests: string[] = [];
  readonly #closed = Promise.withResolvers<void>();
  readonly #server: net.Server;
  readonly #host: string;
  readonly #scheme: string;
  readonly #sockets = new Set<net.Socket>();
  connections = 0;

  private constructor(server: net.Server, host: string, scheme: string) {
    this.#server = server;
    this.#host = host.includes(":") ? `[${host}]` : host;
    this.#scheme = scheme;
  }

  static async start(script: Script, options: RawServerOptions = {}): Promise<RawServer> {
    const { host = "127.0.0.1" } = options;
    const open = (socket: net.Socket) => made.#open(socket, script, options.greet);
    const server = options.tls ? tls.createServer(options.tls, open) : net.createServer(open);
    const made = new RawServer(server, host, options.tls ? "https" : "http");
    server.on("tlsClientError", () => {});
    await new Promise<void>((resolve) => server.listen({ port: 0, host, backlog: 4096 }, () => resolve()));
    return made;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return `${this.#scheme}://${this.#host}:${address.port}/v1/chat/completions`;
  }

  /** Resolves when a connection has closed. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  get open(): number {
    return this.#sockets.size;
  }

  [Symbol.dispose](): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #open(socket: net.Socket, script: Script, greet: ((socket: net.Socket) => void) | undefined): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#sockets.delete(socket);
      this.#closed.resolve();
    });
    greet?.(socket);
    let read = "";
    /** Until this much has come there is nothing to look for. */
    let wanted = 0;
    socket.on("data", (data) => {
      read += data.toString("latin1");
      while (read.length >= wanted) {
        const head = read.indexOf("\r\n\r\n");
        const length = Number(/content-length: (\d+)/i.exec(read.slice(0, head))?.[1] ?? 0);
        wanted = head + 4 + length;
        if (head < 0 || read.length < wanted) return;
        const request = read.slice(0, wanted);
        wanted = 0;
        read = read.slice(request.length);
        this.requests.push(request);
        script(socket, request, this.requests.length);
      }
    });
  }
}
