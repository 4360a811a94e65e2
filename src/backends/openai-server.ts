// A model server that speaks the OpenAI API: calls and answers pass as they are.
import type { ServerConfig } from "../config/models-schema.ts";
import type { ModelBackend } from "../core/backend.ts";
import { httpServer, listedModels, unhealthy, withoutV1 } from "./http-server.ts";
import { serverChecks } from "./server-checks.ts";
import type { BackendPorts, BackendStrategy } from "./strategy.ts";

interface OpenAiKind extends Pick<BackendStrategy, "kind" | "providers" | "checks"> {
  /** GET of this path is the health probe. */
  readonly probePath: string;
  /** Whether that status of the probe means a server that can work. */
  healthy(status: number): boolean;
}

export type OpenAiServer = BackendStrategy & OpenAiKind;

export function openAiServer(kind: OpenAiKind): OpenAiServer {
  return { ...kind, open: (config, ports) => openServer(kind, config, ports) };
}

function openServer(
  { kind, probePath, healthy, checks }: OpenAiKind,
  config: ServerConfig,
  ports: BackendPorts,
): ModelBackend {
  const server = httpServer(config, ports, withoutV1(config.url));
  const { label, send } = server;
  return {
    kind,
    label,
    send,
    models: (signal) => listedModels(server, "/v1/models", signal),
    async probe(signal) {
      const { status } = await server.get(probePath, signal);
      if (!healthy(status)) throw unhealthy(label, `the health probe was answered ${status}`);
    },
    checks: (routes) => serverChecks(checks, server, config, ports.clock, routes),
  };
}
