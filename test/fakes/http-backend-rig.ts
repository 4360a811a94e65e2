// Model servers behind a URL for the conformance suite: one real server that speaks what a kind expects, and fails on command.
import type { BackendStrategy } from "../../src/backends/strategy.ts";
import type { ServerConfig } from "../../src/config/models-schema.ts";
import { systemClock } from "../../src/core/clock.ts";
import { Secret } from "../../src/core/secret.ts";
import { createHttpClient } from "../../src/lib/http-client.ts";
import type { BackendRig, FarSide } from "../conformance/backends.ts";
import { backend } from "./inference-rig.ts";
import { type Behaviour, drop, hang, json, ModelServer, type Received } from "./model-server.ts";

/** What a kind's server says; what is the same for all, such as silence, is not here. */
export interface Dialect {
  /** An answer in JSON to a request that is no stream. */
  readonly whole: (received: Received) => unknown;
  /** The events of a stream; undefined: it does not stream. */
  readonly events?: (received: Received) => readonly string[];
  readonly refusal: unknown;
  readonly models: unknown;
}

export async function openHttpRig(
  strategy: BackendStrategy,
  provider: ServerConfig["provider"],
  dialect: Dialect,
): Promise<BackendRig & { readonly server: ModelServer }> {
  const server = await ModelServer.start();
  const http = createHttpClient({ maxIdleConns: 4, idleConnTimeout: 5000, connectTimeout: 1000 });
  const config = backend(`${server.url}/canary`, { provider, apiKey: new Secret("canary") });
  const ways = waysOf(dialect);
  return {
    server,
    backend: strategy.open(config, {
      http,
      timeouts: () => ({ firstByteTimeout: 200, idleTimeout: 200 }),
      clock: systemClock,
    }),
    hidden: ["canary", "/canary"],
    async behave(how) {
      server.behave = ways[how];
    },
    async leftAlone() {
      while (server.received.at(-1)?.abortedAt === undefined) await Bun.sleep(5);
    },
    async stop() {
      http.close();
      server.stop();
    },
  };
}

function waysOf(dialect: Dialect): Readonly<Record<FarSide, Behaviour>> {
  const answer: Behaviour = (received, response) => {
    if (received.method === "GET") return json(dialect.models)(received, response);
    if (dialect.events && received.body.includes(`"stream":true`)) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(dialect.events(received).join(""));
      return;
    }
    return json(dialect.whole(received))(received, response);
  };
  /** The first piece of an answer, and then nothing. */
  const begin: Behaviour = (received, response) => {
    const [first = "", second = ""] = dialect.events?.(received) ?? [`{"output":"he`];
    const stream = dialect.events !== undefined;
    response.writeHead(200, stream ? { "content-type": "text/event-stream" } : { "content-length": "1000" });
    response.write(first + second);
  };
  return {
    healthy: answer,
    refuses: json(dialect.refusal, 400),
    drops: drop(),
    hangs: hang(),
    stalls: begin,
    async cuts(received, response) {
      await begin(received, response);
      // What was written must have left before the connection goes.
      await Bun.sleep(10);
      response.socket?.destroy();
    },
    nonsense: json([1]),
    sick: json({}, 503),
  };
}
