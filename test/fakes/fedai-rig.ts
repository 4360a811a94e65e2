// fed_AI's session on fakes, with keys to call it by: tests ask its routes without a socket, or serve them on loopback.
import type { z } from "zod";
import type { OwnSession } from "../../src/core/network.ts";
import type { NostrIdentity } from "../../src/core/nostr.ts";
import { type Envelope, seal, signatureOf } from "../../src/networks/fedai/envelope.ts";
import { openFedai } from "../../src/networks/fedai/session.ts";
import { settings as settingsSchema } from "../../src/networks/fedai/settings.ts";
import { HttpError } from "../../src/server/errors.ts";
import vectors from "../vectors/fed-ai.json";
import { type FakePorts, fakeIdentity, fakePorts } from "./fedai-ports.ts";

export const KEYS = vectors.keys;
export const ROUTER = fakeIdentity(KEYS.router.privateKeyHex);
export const CLIENT = fakeIdentity(KEYS.client.privateKeyHex);
export const STRANGER = fakeIdentity(KEYS.oddY.privateKeyHex);

/** What a test expects of an answer, it says itself. */
type Json = ReturnType<typeof JSON.parse>;

export interface Said {
  readonly status: number;
  readonly body: Json;
  readonly text: string;
}

export interface FedaiRig {
  readonly ports: FakePorts;
  readonly session: OwnSession;
  /** A request of that signer's, fresh and good but for what is changed. */
  request(changes?: Record<string, unknown>, signer?: typeof ROUTER): Envelope<Record<string, unknown>>;
  ask(path: string, body?: unknown, options?: AskOptions): Promise<Said>;
  respond(path: string, body?: unknown, options?: AskOptions): Promise<Response>;
}

export interface AskOptions {
  readonly method?: string;
  readonly search?: string;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
  readonly id?: string;
}

export type SettingsInput = z.input<typeof settingsSchema>;

export function fedaiRig(
  input: SettingsInput = {},
  home = "/nonexistent",
  ports = fakePorts({ privateKeyHex: KEYS.node.privateKeyHex, home }),
): FedaiRig {
  const settings = settingsSchema.parse({ nodeId: "node-a", access: { allow: [KEYS.router.npub] }, ...input });
  const session = openFedai(settings, ports);

  async function respond(path: string, body?: unknown, options: AskOptions = {}): Promise<Response> {
    const method = options.method ?? (body === undefined ? "GET" : "POST");
    const route = session.routes().find((one) => one.path === path && one.method === method);
    if (!route) throw new Error(`no route ${method} ${path}`);
    const bytes =
      body instanceof Uint8Array ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body ?? ""));
    return route.handle({
      id: options.id ?? "req_test",
      method,
      path,
      search: options.search ?? "",
      headers: new Headers(options.headers),
      signal: options.signal ?? new AbortController().signal,
      async body() {
        if (bytes.length > route.maxBody) throw new HttpError("body_too_large", 413, "too large");
        return bytes;
      },
      holdOpen: () => () => {},
      note: {},
    });
  }

  return {
    ports,
    session,
    respond,
    request: (changes, signer = ROUTER) =>
      seal(signer, ports.clock, {
        requestId: "req-1",
        modelId: "mock-chat",
        prompt: "hello",
        maxTokens: 16,
        ...changes,
      }),
    async ask(path, body, options) {
      const response = await respond(path, body, options);
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.startsWith("application/json");
      return { status: response.status, text, body: isJson ? JSON.parse(text) : undefined };
    },
  };
}

/** Signed as it is: nonce and time are the test's. */
export function sealedAs<T>(signer: NostrIdentity, parts: { payload: T; nonce: string; ts: number }): Envelope<T> {
  const body = { ...parts, keyId: signer.npub };
  return { ...body, sig: signatureOf(signer, body) };
}

/** The frames of an event stream: name and data. */
export function framesOf(text: string): { event: string; data: Json }[] {
  return text
    .split("\n\n")
    .filter((block) => block.includes("data:"))
    .map((block) => {
      const [, event = "", data = ""] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      return { event, data: JSON.parse(data) };
    });
}
