// What every kind that speaks the OpenAI API must do beside test/conformance/backends.ts: calls and answers pass as they are.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { OpenAiServer } from "../../src/backends/openai-server.ts";
import type { ServerConfig } from "../../src/config/models-schema.ts";
import { type BackendCall, BackendError, type ModelBackend } from "../../src/core/backend.ts";
import { systemClock } from "../../src/core/clock.ts";
import { Secret } from "../../src/core/secret.ts";
import { createHttpClient, type HttpClient } from "../../src/lib/http-client.ts";
import { backend } from "../fakes/inference-rig.ts";
import { healthy, json, ModelServer } from "../fakes/model-server.ts";

const CALL: BackendCall = {
  method: "POST",
  path: "/v1/chat/completions",
  headers: { "content-type": "application/json" },
  body: Buffer.from(`{"model":"tiny","stream":true}`),
};

export function openAiServerConformance(strategy: OpenAiServer, provider: ServerConfig["provider"]): void {
  describe(`${strategy.kind} as ${provider}, to the byte`, () => {
    let server: ModelServer;
    let http: HttpClient;
    beforeEach(async () => {
      server = await ModelServer.start();
      http = createHttpClient({ maxIdleConns: 4, idleConnTimeout: 5000, connectTimeout: 1000 });
    });
    afterEach(() => {
      http.close();
      server.stop();
    });

    const open = (more: Partial<ServerConfig> = {}): ModelBackend =>
      strategy.open(backend(server.url, { provider, ...more }), {
        ...{ http, timeouts: () => ({ firstByteTimeout: 10_000, idleTimeout: 10_000 }), clock: systemClock },
      });
    const never = () => new AbortController().signal;
    const codeOf = (work: Promise<unknown>) =>
      work.then(
        () => "no error",
        (error: unknown) => (error instanceof BackendError ? `BackendError ${error.code}` : String(error)),
      );
    const textOf = async (body: AsyncIterable<Uint8Array>) => Buffer.concat(await Array.fromAsync(body)).toString();

    test("its kind and label; the label has neither path nor credential", () => {
      const backend = open({ url: server.url.replace("http://", "http://user:pass@").concat("/some/v1") });
      expect([backend.kind, backend.label]).toEqual([strategy.kind, server.url]);
    });

    test("a call arrives as it is, and the answer streams back", async () => {
      const reply = await open().send(CALL, never());
      expect([reply.status, reply.framing]).toEqual([200, "chunked"]);
      expect(await textOf(reply.body)).toEndWith("data: [DONE]\n\n");
      expect(server.received[0]).toMatchObject({ method: "POST", path: CALL.path });
      expect(server.received[0]?.body.toString()).toBe(`{"model":"tiny","stream":true}`);
    });

    test("base URLs: trailing slash, /v1 not doubled, own prefix kept", async () => {
      for (const [suffix, path] of [
        ["/", "/v1/chat/completions"],
        ["/v1", "/v1/chat/completions"],
        ["/v1/", "/v1/chat/completions"],
        ["/openai", "/openai/v1/chat/completions"],
      ] as const) {
        await textOf((await open({ url: server.url + suffix }).send(CALL, never())).body);
        expect(server.received.at(-1)?.path).toBe(path);
      }
    });

    test("credential: apiKey as x-api-key, bearerToken as Authorization, apiKey first, none by default", async () => {
      const [apiKey, bearerToken] = [new Secret("k1"), new Secret("t1")];
      for (const [credential, expected] of [
        [{}, [undefined, undefined]],
        [{ apiKey }, ["k1", undefined]],
        [{ bearerToken }, [undefined, "Bearer t1"]],
        [{ apiKey, bearerToken }, ["k1", undefined]],
      ] as const) {
        await textOf((await open(credential).send(CALL, never())).body);
        const headers = server.received.at(-1)?.headers;
        expect([headers?.["x-api-key"], headers?.authorization]).toEqual([...expected]);
      }
    });

    test("an HTTP error is an answer", async () => {
      server.behave = json({ error: { message: "no" } }, 500);
      const reply = await open().send(CALL, never());
      expect([reply.status, await textOf(reply.body)]).toEqual([500, `{"error":{"message":"no"}}`]);
    });

    test("probe: healthy, at its own path at the root; with its credential", async () => {
      await open({ url: `${server.url}/v1`, bearerToken: new Secret("t1") }).probe(never());
      expect(server.received[0]).toMatchObject({ method: "GET", path: strategy.probePath });
      expect(server.received[0]?.headers.authorization).toBe("Bearer t1");
    });

    test("probe: what 404 means is the strategy's own", async () => {
      server.behave = json({}, 404);
      expect(await codeOf(open().probe(never()))).toBe(strategy.healthy(404) ? "no error" : "BackendError unhealthy");
      server.behave = healthy;
      expect(await codeOf(open().probe(never()))).toBe("no error");
    });
  });
}
