// Model servers behind a URL for the conformance suite: one real server that speaks what a kind expects, and fails on command.
import type { BackendStrategy } from "../../src/backends/strategy.ts";
import type { ServerConfig } from "../../src/config/models-schema.ts";
import { systemClock } from "../../src/core/clock.ts";
import { Secret } from "../../src/core/secret.ts";
import { createHttpClient } from "../../src/lib/http-client.ts";
import { type BackendRig, type Broken, type FarSide, patienceFor } from "../conformance/backends.ts";
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
  /** What else it answers, by path; text is sent as it is. */
  readonly answers?: Answers;
  /** By the id of a check: what it answers instead when that is to be red or yellow. */
  readonly broken: Readonly<Record<string, Broken["finds"] & { readonly answers: Answers }>>;
}

type Answers = Readonly<Record<string, string | object | number>>;

export async function openHttpRig(
  strategy: BackendStrategy,
  provider: ServerConfig["provider"],
  dialect: Dialect,
): Promise<BackendRig & { readonly server: ModelServer }> {
  const server = await ModelServer.start();
  const http = createHttpClient({ maxIdleConns: 4, idleConnTimeout: 5000, connectTimeout: 1000 });
  const config = backend(`${server.url}/canary`, { provider, apiKey: new Secret("canary") });
  const ways = waysOf(dialect);
  let before = 0;
  let patience = patienceFor("healthy");
  const opened = strategy.open(config, {
    http,
    timeouts: () => ({ firstByteTimeout: patience, idleTimeout: patience }),
    clock: systemClock,
  });
  const broken = Object.entries(dialect.broken).map(([id, { answers, ...finds }]): [string, Broken] => [
    id,
    {
      finds,
      async open() {
        server.behave = answering({ ...dialect, answers: { ...dialect.answers, ...answers } });
        return opened;
      },
    },
  ]);
  return {
    server,
    backend: opened,
    broken: Object.fromEntries(broken),
    hidden: ["canary", "/canary"],
    async behave(how) {
      server.behave = ways[how];
      patience = patienceFor(how);
      before = server.received.length;
    },
    // A caller that has left before its request arrived has nothing to be heard of.
    async leftAlone() {
      while (server.received.length > before && server.received.at(-1)?.abortedAt === undefined) await Bun.sleep(5);
    },
    async stop() {
      http.close();
      server.stop();
    },
  };
}

function answering(dialect: Dialect): Behaviour {
  return (received, response) => {
    const other = dialect.answers?.[received.path.replace(/^\/canary|\?.*$/g, "")];
    // A number is a status.
    if (other !== undefined) return (typeof other === "number" ? json({}, other) : json(other))(received, response);
    if (received.method === "GET") return json(dialect.models)(received, response);
    if (dialect.events && received.body.includes(`"stream":true`)) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(dialect.events(received).join(""));
      return;
    }
    return json(dialect.whole(received))(received, response);
  };
}

function waysOf(dialect: Dialect): Readonly<Record<FarSide, Behaviour>> {
  /** The first piece of an answer, and then nothing. */
  const begin: Behaviour = (received, response) => {
    const [first = "", second = ""] = dialect.events?.(received) ?? [`{"output":"he`];
    const stream = dialect.events !== undefined;
    response.writeHead(200, stream ? { "content-type": "text/event-stream" } : { "content-length": "1000" });
    response.write(first + second);
  };
  return {
    healthy: answering(dialect),
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
