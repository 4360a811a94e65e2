// A model server that does what a test says: it speaks the OpenAI API, records what it got, and can fail in every way.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** performance.now() when the connection closed before the answer was whole. */
  abortedAt?: number;
}

/** How one request is answered. */
export type Behaviour = (received: Received, response: ServerResponse) => void | Promise<void>;

export interface StreamOptions {
  /** How many events with content, or their texts. */
  readonly tokens?: number | readonly string[];
  readonly everyMs?: number;
  /** Waited for after each event with content. */
  readonly pace?: () => Promise<void>;
  /** Sent before the end when the request asks for usage. */
  readonly usage?: Readonly<Record<string, unknown>> | null;
  /**
   * done: [DONE] and a proper end; open: a proper end without [DONE]; cut: the connection closes; reset: it is reset;
   * hang: silence for ever; close: no framing and no [DONE], so that only the connection's end tells.
   */
  readonly end?: "done" | "open" | "cut" | "reset" | "hang" | "close";
  readonly headers?: Readonly<Record<string, string>>;
}

export const USAGE = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 } as const;

/** A JSON answer; a string is sent as it is. */
export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Behaviour {
  return (_received, response) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    response.writeHead(status, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
      ...headers,
    });
    response.end(text);
  };
}

/** A streamed chat (or completion, by the path) with one event a token. */
export function stream(options: StreamOptions = {}): Behaviour {
  const { tokens = 5, everyMs = 0, pace, usage = USAGE, end = "done", headers = {} } = options;
  const texts = typeof tokens === "number" ? Array.from({ length: tokens }, (_, i) => `t${i}`) : tokens;
  return async (received, response) => {
    if (end === "close") {
      response.useChunkedEncodingByDefault = false;
      response.shouldKeepAlive = false;
    }
    response.writeHead(200, { "content-type": "text/event-stream", ...headers });
    response.flushHeaders();
    for (const text of texts) {
      if (response.destroyed) return;
      response.write(event(received.path, text));
      if (everyMs > 0) await sleep(everyMs);
      await pace?.();
    }
    if (end === "hang") return;
    if (end === "cut" || end === "reset") {
      // What was written must have left before the connection goes.
      await sleep(10);
      if (end === "cut") response.socket?.destroy();
      else response.socket?.resetAndDestroy();
      return;
    }
    if (usage && end !== "close" && asksForUsage(received))
      response.write(`data: ${JSON.stringify({ choices: [], usage })}\n\n`);
    if (end === "done") response.write("data: [DONE]\n\n");
    response.end();
  };
}

/** Takes the request and never answers. */
export function hang(): Behaviour {
  return () => {};
}

/** Closes the connection before the first byte. */
export function drop(): Behaviour {
  return (_received, response) => response.socket?.destroy() && undefined;
}

/** Waits, then answers as another behaviour does. */
export function after(ms: number, then: Behaviour): Behaviour {
  return async (received, response) => {
    await sleep(ms);
    if (!response.destroyed) await then(received, response);
  };
}

/** What a healthy server does: streams when asked to, else JSON; models, health and version. */
export const healthy: Behaviour = (received, response) => {
  const { path } = received;
  if (path === "/health") return json({})(received, response);
  if (path === "/api/version") return json({ version: "0.0.1" })(received, response);
  if (path === "/v1/models") {
    return json({ object: "list", data: [{ id: "tiny", object: "model" }] })(received, response);
  }
  if (path === "/v1/embeddings") {
    const data = [{ object: "embedding", index: 0, embedding: [0.5, -0.5] }];
    return json({ object: "list", data, usage: { prompt_tokens: 3, total_tokens: 3 } })(received, response);
  }
  if (parsed(received).stream === true) return stream()(received, response);
  const choices = path.includes("chat")
    ? [{ index: 0, message: { role: "assistant", content: "hello" }, finish_reason: "stop" }]
    : [{ index: 0, text: "hello", finish_reason: "stop" }];
  return json({ id: "x", choices, usage: USAGE })(received, response);
};

export class ModelServer {
  readonly received: Received[] = [];
  /** "http://127.0.0.1:port", also after it has stopped. */
  url = "";
  /** May be replaced at any time; the default answers as a healthy server does. */
  behave: Behaviour = healthy;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.keepAliveTimeout = 60_000;
  }

  static async start(behave: Behaviour = healthy, port = 0): Promise<ModelServer> {
    const made = new ModelServer();
    made.behave = behave;
    await new Promise<void>((resolve) => made.#server.listen(port, "127.0.0.1", 4096, () => resolve()));
    const address = made.#server.address();
    if (address === null || typeof address === "string") throw new Error("the model server has no port");
    made.url = `http://127.0.0.1:${address.port}`;
    return made;
  }

  /** Requests that are not probes. */
  get calls(): Received[] {
    return this.received.filter(({ method, path }) => method === "POST" && path.startsWith("/v1/"));
  }

  /** Closes every connection; the port is free afterwards. */
  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const { method = "", url = "" } = request;
    request.on("error", () => {});
    response.on("error", () => {});
    for await (const chunk of request) chunks.push(chunk);
    const received: Received = { method, path: url, headers, body: Buffer.concat(chunks) };
    response.on("close", () => {
      if (!response.writableFinished) received.abortedAt = performance.now();
    });
    this.received.push(received);
    await this.behave(received, response);
  }
}

function event(path: string, text: string): string {
  const choice = path.includes("chat") ? { index: 0, delta: { content: text } } : { index: 0, text };
  return `data: ${JSON.stringify({ id: "x", choices: [choice] })}\n\n`;
}

function parsed({ body }: Received): Record<string, unknown> {
  try {
    return JSON.parse(body.toString());
  } catch {
    return {};
  }
}

function asksForUsage(received: Received): boolean {
  const options = parsed(received).stream_options;
  return (
    typeof options === "object" && options !== null && "include_usage" in options && options.include_usage === true
  );
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
