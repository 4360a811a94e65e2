// Where a gateway of the bench lives: a folder and a port of its own, and a cache of what was installed.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { Place } from "../gateways/peers/gateway.ts";
import type { ModelServer } from "./model-server.ts";

export function openPlace(name: string, server: ModelServer): Place {
  const folder = mkdtempSync(join(tmpdir(), `fxn-bench-${name.replaceAll(/\W+/g, "-")}-`));
  return { cache: cacheFolder(), folder, upstream: server.port, port: freePort() };
}

export function removePlace({ folder }: Place): void {
  rmSync(folder, { recursive: true, force: true });
}

/** It outlives the bench: LiteLLM alone takes minutes to install. */
export function cacheFolder(): string {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "fxn-bench");
  mkdirSync(folder, { recursive: true });
  return folder;
}

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}
