// The scheduler's side of the wire: signs a request, sends it to a node, and reads the answer whole or event by event.
import { randomUUID } from "node:crypto";
import type { z } from "zod";
import { signRequest } from "../keys/sign-request.ts";
import type { Signer } from "../keys/signer.ts";
import type { HttpClient, HttpReply } from "../lib/http-client.ts";
import { SseSplitter } from "../lib/sse.ts";
import { parseAnswer, refused, unexpected } from "./answer.ts";

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly ms: number;
}

/** More than the answer to any challenge. */
const MAX_BYTES = 256 * 1024 * 1024;
const PATIENCE_MS = 2 * 60_000;

export class SignedClient {
  readonly url: string;
  readonly signer: Signer;
  readonly #http: HttpClient;

  /** @param url base URL of the node */
  constructor(url: string, signer: Signer, http: HttpClient) {
    this.url = url.replace(/\/+$/, "");
    this.signer = signer;
    this.#http = http;
  }

  /** Any status is an answer; HttpClientError when there is none. @param body JSON to POST; a GET without one */
  async ask(path: string, body: unknown, signal: AbortSignal): Promise<Answer> {
    const begun = performance.now();
    const reply = await this.#send(path, body, signal);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of reply.body) {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) throw unexpected("the answer has no end");
      chunks.push(chunk);
    }
    return { status: reply.status, text: Buffer.concat(chunks).toString(), ms: performance.now() - begun };
  }

  /** The JSON of a 200; SchedulerError with the node's own words for any other status, and for another shape. */
  async json<T>(path: string, body: unknown, shape: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const { status, text } = await this.ask(path, body, signal);
    if (status !== 200) throw refused(status, text);
    return parseAnswer(text, shape);
  }

  /** The data of each event of a stream, as it comes. */
  async *events(path: string, body: unknown, signal: AbortSignal): AsyncGenerator<string> {
    const reply = await this.#send(path, body, signal);
    const type = reply.headers.get("content-type") ?? "nothing";
    if (reply.status !== 200) throw refused(reply.status, Buffer.concat(await Array.fromAsync(reply.body)).toString());
    if (!type.startsWith("text/event-stream")) throw unexpected(`a stream was asked for, ${type} came`);
    const splitter = new SseSplitter();
    for await (const chunk of reply.body) {
      for (const event of splitter.push(chunk)) {
        const data = event.data();
        if (data !== undefined) yield data;
      }
    }
  }

  #send(path: string, body: unknown, signal: AbortSignal): Promise<HttpReply> {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    return this.#http.request({
      method: bytes ? "POST" : "GET",
      url: `${this.url}${path}`,
      headers: {
        ...(bytes ? { "Content-Type": "application/json", "Content-Length": String(bytes.length) } : {}),
        ...signRequest(this.signer, bytes ?? new Uint8Array(0), { now: Date.now(), nonce: randomUUID() }),
      },
      body: bytes,
      signal,
      firstByteTimeoutMs: PATIENCE_MS,
      idleTimeoutMs: PATIENCE_MS,
    });
  }
}
