// One request on one connection, from its first byte to the end of its answer.
import type { HttpReply, HttpRequest } from "../http-client.ts";
import { failureBeforeAnswer, failureInBody, type HttpClientCode, HttpClientError } from "../http-error.ts";
import type { BodyFraming } from "./body-framing.ts";
import { BodyQueue, type BodySource } from "./body-queue.ts";
import type { Connection, ConnectionUser } from "./connection.ts";
import type { Deadlines } from "./deadlines.ts";
import { decodedBody, endToEndHeaders, takeDecoder } from "./decode.ts";
import type { ResponseHead } from "./response-head.ts";
import { ResponseParser, type ResponseSink } from "./response-parser.ts";

export interface ExchangePorts {
  readonly deadlines: Deadlines;
  /** Takes a connection that could carry another request. */
  readonly give: (connection: Connection) => void;
  /** Milliseconds. */
  readonly connectTimeout: number;
}

export class Exchange implements ConnectionUser, ResponseSink, BodySource {
  readonly #request: HttpRequest;
  readonly #bytes: readonly Uint8Array[];
  readonly #connection: Connection;
  readonly #ports: ExchangePorts;
  readonly #reply = Promise.withResolvers<HttpReply>();
  readonly #parser: ResponseParser;
  readonly #body = new BodyQueue(this);
  #connected = false;
  #silent = true;
  #answered = false;
  #late: { readonly code: HttpClientCode; readonly missing: string; readonly ms: number } | undefined;

  /** @param bytes the request as it is written @param connection one that is being made, or was kept */
  constructor(request: HttpRequest, bytes: readonly Uint8Array[], connection: Connection, ports: ExchangePorts) {
    this.#request = request;
    this.#bytes = bytes;
    this.#connection = connection;
    this.#ports = ports;
    this.#parser = new ResponseParser(request.method === "HEAD", this);
    request.signal.addEventListener("abort", this);
    connection.user = this;
    if (connection.ready) this.opened();
    else this.#expect("no connection", "connect_timeout", ports.connectTimeout);
  }

  /** Rejects with HttpClientError. */
  get reply(): Promise<HttpReply> {
    return this.#reply.promise;
  }

  /** Whether not a byte of an answer has come. */
  get silent(): boolean {
    return this.#silent;
  }

  opened(): void {
    this.#connected = true;
    this.#expect("no answer", "first_byte_timeout", this.#request.firstByteTimeoutMs);
    this.#connection.write(this.#bytes);
  }

  received(_connection: Connection, bytes: Buffer): void {
    this.#silent = false;
    const begun = this.#answered;
    try {
      this.#parser.push(bytes);
    } catch (error) {
      this.#fail(this.#failure(error));
      return;
    }
    if (this.#parser.done) {
      this.#finish();
      return;
    }
    if (this.#answered && !begun) this.#ports.deadlines.clear(this.#connection);
    this.#body.flush();
  }

  closed(_connection: Connection, error: unknown): void {
    if (error === undefined && this.#parser.end()) this.#finish();
    else this.#fail(this.#failure(error ?? "the connection was closed"));
  }

  expired(): void {
    if (!this.#late) return;
    const { code, missing, ms } = this.#late;
    this.#fail(new HttpClientError(code, this.#host, `${missing} within ${ms} ms`));
  }

  /** The request's signal. */
  handleEvent(): void {
    this.#fail(new HttpClientError("aborted", this.#host, "the request was cancelled"));
  }

  head({ status, fields }: ResponseHead, { kind }: BodyFraming): void {
    this.#answered = true;
    const headers = endToEndHeaders(fields);
    const decoder = kind === "none" ? undefined : takeDecoder(headers);
    const body = decoder ? decodedBody(this.#body, decoder, this.#host) : this.#body;
    this.#reply.resolve({ status, headers, framing: kind === "none" ? "length" : kind, body });
  }

  body(bytes: Uint8Array): void {
    this.#body.push(bytes);
  }

  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  waits(first: boolean): void {
    const { firstByteTimeoutMs, idleTimeoutMs } = this.#request;
    if (first) this.#expect("silent after its headers: nothing", "idle_timeout", firstByteTimeoutMs);
    else this.#expect("silent in the middle of its answer: nothing", "idle_timeout", idleTimeoutMs);
  }

  served(): void {
    this.#ports.deadlines.clear(this.#connection);
  }

  leave(): void {
    this.#request.signal.removeEventListener("abort", this);
    this.#ports.deadlines.clear(this.#connection);
    this.#connection.destroy();
  }

  get #host(): string {
    return this.#connection.origin.host;
  }

  #expect(missing: string, code: HttpClientCode, ms: number): void {
    this.#late = { missing, code, ms };
    this.#ports.deadlines.set(this.#connection, ms);
  }

  #failure(error: unknown): HttpClientError {
    return this.#answered ? failureInBody(error, this.#host) : failureBeforeAnswer(error, this.#host, this.#connected);
  }

  #finish(): void {
    this.#body.finish();
    this.#request.signal.removeEventListener("abort", this);
    if (this.#parser.reusable && this.#connection.flushed) {
      this.#ports.give(this.#connection);
      return;
    }
    this.#ports.deadlines.clear(this.#connection);
    this.#connection.close();
  }

  #fail(error: HttpClientError): void {
    this.leave();
    if (this.#answered) this.#body.fail(error);
    else this.#reply.reject(error);
  }
}
