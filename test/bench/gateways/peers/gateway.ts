// What the bench needs of a gateway: how it is installed, how it is started in front of the model server, how it is called.
import { openSync } from "node:fs";
import { join } from "node:path";
import { PROXY_CORE, pinned } from "../../load/cores.ts";
import { signalTree } from "../../load/process-tree.ts";
import type { Route } from "../../load/signed-requests.ts";

export interface Gateway {
  readonly name: string;
  /** It verifies and remembers each request: none may be sent twice. */
  readonly once?: boolean;
  /** A proxy or a gateway of model calls, as the table of bounds tells them apart; the ceiling is neither. */
  readonly kind: "ceiling" | "proxy" | "ai";
  /**
   * What must be there, put into the cache folder once.
   * @throws with the reason, which becomes a row
   */
  install(cache: string): Promise<void>;
  start(place: Place): Promise<Running>;
}

export interface Place {
  readonly cache: string;
  /** An empty folder of its own. */
  readonly folder: string;
  /** Port of the model server. */
  readonly upstream: number;
  /** Where it may listen. */
  readonly port: number;
}

export interface Running {
  readonly route: Route;
  /** Root of its processes; none for the ceiling. */
  readonly pid?: number;
  stop(): Promise<void>;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cores?: string;
}

/** The command on the proxy's core; all that it writes goes to `log` in the folder, as under a service manager. */
export function run(place: Place, command: readonly string[], { env = {}, cores = PROXY_CORE }: RunOptions = {}) {
  const log = openSync(join(place.folder, "log"), "a");
  const child = Bun.spawn(pinned(cores, command), {
    cwd: place.folder,
    env: { PATH: process.env.PATH ?? "", HOME: place.folder, LANG: "C.UTF-8", ...env },
    stdio: ["ignore", log, log],
  });
  const kill = () => signalTree(child.pid, "SIGKILL");
  process.once("exit", kill);
  return {
    pid: child.pid,
    async stop() {
      process.off("exit", kill);
      kill();
      await child.exited;
    },
  };
}

export function chatRoute(port: number, change: Partial<Route> = {}): Route {
  return { port, path: "/v1/chat/completions", headers: {}, model: "tiny", ...change };
}
