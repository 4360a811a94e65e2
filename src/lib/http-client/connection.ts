// One connection: writes what it is given as the socket takes it, and tells whoever has it what comes.
import { X509Certificate } from "node:crypto";
import type { Socket, SocketHandler } from "bun";
import { atEndOfTurn } from "../end-of-turn.ts";
import type { Origin } from "./target.ts";

/** Whoever has the connection. Nothing is told after `closed`, nor after one has closed it oneself. */
export interface ConnectionUser {
  opened(connection: Connection): void;
  received(connection: Connection, bytes: Buffer): void;
  /** @param error undefined when the server ended it properly */
  closed(connection: Connection, error: unknown): void;
  expired(connection: Connection): void;
}

export class Connection {
  readonly origin: Origin;
  user: ConnectionUser | undefined;
  readonly #pinned: string | undefined;
  #ready = false;
  #socket: Socket<Connection> | undefined;
  #unsent: Uint8Array[] = [];
  #over = false;
  #error: unknown;

  /**
   * Begins to connect; a TLS server must show a certificate that is good for the origin's name.
   * @param ca PEM of the only authorities to trust, instead of the system's
   * @param pinned PEM of the one certificate that it must show instead
   */
  constructor(origin: Origin, { ca, pinned }: { readonly ca?: string; readonly pinned?: string }) {
    this.origin = origin;
    this.#pinned = pinned;
    const { hostname, port } = origin;
    // Without rejectUnauthorized, $NODE_TLS_REJECT_UNAUTHORIZED would decide.
    const tls = { rejectUnauthorized: pinned === undefined, ...(ca === undefined ? {} : { ca }) };
    // It rejects with what connectError was told.
    Bun.connect({ hostname, port, data: this, socket: EVENTS, ...(origin.tls ? { tls } : {}) }).catch((error) =>
      this.ended(error),
    );
  }

  /** Whether it can be written to. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Whether all that was to be written is with the system. */
  get flushed(): boolean {
    return this.#unsent.length === 0;
  }

  /** At the end of this turn: the other side then wakes up once for all that one turn has for it. */
  write(parts: readonly Uint8Array[]): void {
    this.#unsent.push(...parts);
    atEndOfTurn(() => this.flush());
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  /** For one that is at rest. */
  close(): void {
    this.#over = true;
    this.#unsent = [];
    this.#socket?.end();
  }

  /** At once, in whatever phase: the server sees a reset. */
  destroy(): void {
    this.#over = true;
    this.#unsent = [];
    this.#socket?.terminate();
  }

  expired(): void {
    this.user?.expired(this);
  }

  /** The rest is for the socket's events. */
  connected(socket: Socket<Connection>): void {
    this.#socket = socket;
    // The system cannot be told to stop connecting.
    if (this.#over) socket.terminate();
    else if (!this.origin.tls) this.#open();
  }

  shookHands(success: boolean, error: Error | null): void {
    if (this.#over) return;
    if (this.#pinned === undefined ? success : this.#showsPinned()) this.#open();
    else this.fail(error ?? new Error("the server shows another certificate than the one that is expected of it"));
  }

  flush(): void {
    let part = this.#unsent[0];
    while (part && this.#socket) {
      const written = this.#socket.write(part);
      if (written < part.length) {
        if (written > 0) this.#unsent[0] = part.subarray(written);
        return;
      }
      this.#unsent.shift();
      part = this.#unsent[0];
    }
  }

  received(bytes: Buffer): void {
    if (!this.#over) this.user?.received(this, bytes);
  }

  /** An error that is followed by the end. */
  fail(error: unknown): void {
    this.#error ??= error;
    this.#socket?.terminate();
  }

  ended(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#unsent = [];
    this.user?.closed(this, this.#error ?? error);
  }

  #showsPinned(): boolean {
    const shown = this.#socket?.getPeerX509Certificate();
    return shown !== undefined && shown.fingerprint256 === new X509Certificate(this.#pinned ?? "").fingerprint256;
  }

  #open(): void {
    this.#ready = true;
    this.user?.opened(this);
  }
}

const EVENTS: SocketHandler<Connection> = {
  open: (socket) => socket.data.connected(socket),
  handshake: (socket, success, error) => socket.data.shookHands(success, error),
  data: (socket, bytes) => socket.data.received(bytes),
  drain: (socket) => socket.data.flush(),
  close: (socket, error) => socket.data.ended(error),
  error: (socket, error) => socket.data.fail(error),
  connectError: (socket, error) => socket.data.ended(error),
};
