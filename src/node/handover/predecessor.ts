// The new process's side of a restart: says how far it has come, and is told when home and port are its own.
import { failureOf } from "../../gpu/process/errors.ts";
import { type Inherited, TAKES_OVER, type ToPredecessor, toSuccessor } from "./protocol.ts";

export interface Predecessor {
  /** Says that this process can take over; resolves when the home is free; undefined: the node is gone. */
  takeHome(): Promise<Inherited | undefined>;
  serving(how: { version: string; listeners: number }): void;
  failed(error: unknown): void;
  /** The port is this process's alone: the other has left it, or died. */
  readonly gone: Promise<void>;
}

/** undefined: this process was started to be a node of its own. */
export function predecessorOf(env: Readonly<Record<string, string | undefined>>): Predecessor | undefined {
  if (!env[TAKES_OVER] || !process.send) return undefined;
  const home = Promise.withResolvers<Inherited | undefined>();
  const gone = Promise.withResolvers<void>();
  process.on("message", (message: unknown) => {
    const said = toSuccessor.parse(message);
    if ("yours" in said) home.resolve(said.yours);
    else gone.resolve();
  });
  process.on("disconnect", () => {
    home.resolve(undefined);
    gone.resolve();
  });
  return {
    takeHome() {
      tell({ prepared: true });
      return home.promise;
    },
    serving: (how) => tell({ serving: { pid: process.pid, ...how } }),
    failed: (error) => tell({ failed: failureOf(error) }),
    gone: gone.promise,
  };
}

function tell(message: ToPredecessor): void {
  if (process.connected) process.send?.(message);
}
