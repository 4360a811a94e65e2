// Gateways side by side: each installed, started in front of one model server, and held still while it is not its turn.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../../../src/core/errors.ts";
import type { Skipped } from "../comparison.ts";
import type { Gateway, Running } from "../gateways/peers/gateway.ts";
import type { ModelServer } from "./model-server.ts";
import { signalTree } from "./process-tree.ts";
import { callers, chatText, type Route, sha256, signedHeaders, writeRequests } from "./signed-requests.ts";

/** LiteLLM takes half a minute on a fast machine. */
const START_MS = 180_000;
const POLL_MS = 2;

export interface Entrant extends Running {
  readonly gateway: Gateway;
  /** Writes signed requests; the path of their file. */
  requests(count: number, stream: boolean): string;
  /** Milliseconds from its start to its first right answer. */
  readonly startMs: number;
}

export function cacheFolder(): string {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "fxn-bench");
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Installed, started and answering. Throws with the reason. */
export async function enter(gateway: Gateway, { port: upstream }: ModelServer): Promise<Entrant> {
  const cache = cacheFolder();
  await gateway.install(cache);
  const folder = mkdtempSync(join(tmpdir(), `fxn-bench-${gateway.name}-`));
  const running = await gateway.start({ cache, folder, upstream, port: freePort() });
  const stop = async () => {
    await running.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return {
      ...running,
      gateway,
      stop,
      startMs: await firstAnswer(running.route),
      requests(count, stream) {
        const file = join(folder, stream ? "streams.bin" : "requests.bin");
        writeRequests(file, count, running.route, stream);
        return file;
      },
    };
  } catch (error) {
    const log = await Bun.file(join(folder, "log"))
      .text()
      .catch(() => "");
    await stop();
    throw new Error(`${messageOf(error)}: ${log.slice(-500)}`, { cause: error });
  }
}

/** Those that can be had, and for each other a row that says why not. */
export async function enterAll(gateways: readonly Gateway[], upstream: ModelServer) {
  const entrants: Entrant[] = [];
  const skipped: Skipped[] = [];
  for (const gateway of gateways) {
    try {
      const entrant = await enter(gateway, upstream);
      entrants.push(entrant);
    } catch (error) {
      skipped.push({ what: gateway.name, why: messageOf(error) });
    }
  }
  return { entrants, skipped };
}

export async function leaveAll(entrants: readonly Entrant[]): Promise<void> {
  for (const { stop } of entrants) await stop();
}

/** Nobody else's housekeeping shall be in its figures. */
export async function alone<T>(entrants: readonly Entrant[], one: Entrant, work: () => Promise<T>): Promise<T> {
  for (const { pid } of entrants) if (pid) signalTree(pid, pid === one.pid ? "SIGCONT" : "SIGSTOP");
  return work();
}

/** Asks with new signatures until it is answered as a chat; milliseconds since it was called. */
async function firstAnswer(route: Route): Promise<number> {
  const begun = performance.now();
  let last = "no connection";
  while (performance.now() - begun < START_MS) {
    try {
      const response = await ask(route);
      const text = await response.text();
      if (response.ok && text.includes("chatcmpl-bench")) return performance.now() - begun;
      last = `${response.status} ${text}`;
    } catch (error) {
      last = messageOf(error);
    }
    await Bun.sleep(POLL_MS);
  }
  throw new Error(`no answer within ${START_MS / 1000} s: ${last}`);
}

function ask({ port, path, headers, model }: Route): Promise<Response> {
  const body = chatText(model, false);
  const [caller] = callers;
  if (!caller) throw new RangeError("no callers");
  const signed = signedHeaders(caller, sha256(body));
  return fetch(`http://127.0.0.1:${port}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers, ...signed },
    body,
    signal: AbortSignal.timeout(START_MS),
  });
}

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}
