// A node's life: claim the home, listen, work, stop when told; what runs gets a deadline to end.
import { type Clock, sleep } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Health } from "../core/network.ts";
import { listenControl } from "../server/control-listener.ts";
import { type Handler, type Listener, listen, type PublicListener } from "../server/listen.ts";
import { claimHome } from "../store/claim.ts";

export interface NodeParts {
  /** Begins to serve callers: here, or in processes of their own. Throws HttpError or WorkerError. */
  readonly listen: () => Promise<PublicListener>;
  readonly adminApp: Handler;
  readonly controlApp: (request: Request) => Promise<Response>;
  readonly adminAt: { host: string; port: number };
  /** Everything that works in the background until the signal aborts. */
  readonly background: readonly { name: string; run(signal: AbortSignal): Promise<void> }[];
  /** The ports that were bound: a configured 0 takes a free one. */
  onListening(ports: { publicPort: number; adminPort: number }): void;
  readonly health: () => Health;
  /** From now on new work is refused. */
  startDraining(): void;
  /** Closes durable state; called last. */
  close(): void;
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RunningNode {
  readonly publicPort: number;
  readonly adminPort: number;
  /** Whether requests are served now, or why not. */
  health(): Health;
  /** Lets what runs end, up to the deadline. Resolves with how many requests were cut off. */
  stop(): Promise<number>;
  /** Ends everything now. */
  kill(): Promise<void>;
}

const BACKGROUND_END_MS = 2000;

/** Throws StoreError, ControlError or HttpError when the home or a port is taken; nothing is left open then. */
export async function runNode(home: string, compose: () => NodeParts): Promise<RunningNode> {
  // First: another node on this home must not find its database opened, or changed, under it.
  const claim = claimHome(home);
  let parts: NodeParts | undefined;
  try {
    parts = compose();
    return await start(home, parts, () => claim.release());
  } catch (error) {
    parts?.close();
    claim.release();
    throw error;
  }
}

async function start(home: string, parts: NodeParts, release: () => void): Promise<RunningNode> {
  const { clock, log } = parts;
  const control = listenControl(home, parts.controlApp);
  let admin: Listener | undefined;
  let open: PublicListener;
  try {
    admin = listen(parts.adminAt, parts.adminApp);
    open = await parts.listen();
  } catch (error) {
    await Promise.all([control.stop(), admin?.stop()]);
    throw error;
  }
  const listeners = [admin, open];
  const work = new AbortController();
  const background = parts.background.map(({ name, run }) =>
    run(work.signal).catch((error: unknown) =>
      log.error({ part: name, error: messageOf(error) }, "background work failed"),
    ),
  );

  async function kill(): Promise<void> {
    work.abort();
    await Promise.all([control.stop(), ...listeners.map((listener) => listener.stop())]);
    // What asks other programs may hang as they do; the process ends soon anyway.
    await Promise.race([Promise.all(background), sleep(clock, BACKGROUND_END_MS)]);
    parts.close();
    release();
  }

  async function stop(): Promise<number> {
    parts.startDraining();
    log.info({ deadlineMs: parts.deadlineMs }, "stopping: no new work, running answers may end");
    const cut = await open.drain(parts.deadlineMs);
    if (cut > 0) log.warn({ cut }, "deadline reached: answers were cut off");
    await kill();
    return cut;
  }

  const ports = { publicPort: open.port, adminPort: admin.port };
  parts.onListening(ports);
  return { ...ports, health: parts.health, stop, kill };
}
