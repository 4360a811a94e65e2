// What a node and the one that takes over from it say to each other, over Bun's IPC. They may be of two versions: each may say more.
import { z } from "zod";
import { failure } from "../../gpu/process/protocol.ts";

/** Set for a process that is to take over from the one that started it. */
export const TAKES_OVER = "FXN_TAKES_OVER";

/** `listeners`: how many it has on the port. */
const serving = z.object({ pid: z.int(), version: z.string(), listeners: z.int().positive() });
export type Serving = z.output<typeof serving>;

/** In this order, from the successor. */
export const toPredecessor = z.union([
  /** Its configuration is read and its key open: it can take over. */
  z.object({ prepared: z.literal(true) }),
  /** It serves callers on the same port. */
  z.object({ serving }),
  /** It cannot, and ends. */
  z.object({ failed: failure }),
]);
export type ToPredecessor = z.output<typeof toPredecessor>;

/** The home is free. `keepMs`: how long nonces are kept. The ports are where the node listens; whether it was ready, and so its successor is to be. */
const home = z.object({ ready: z.boolean(), publicPort: z.int(), adminPort: z.int(), keepMs: z.number() });
export type Inherited = z.output<typeof home>;

/** In this order, from the node that it takes over from. */
export const toSuccessor = z.union([
  z.object({ yours: home }),
  /** The port is the successor's alone. */
  z.object({ left: z.literal(true) }),
]);
export type ToSuccessor = z.output<typeof toSuccessor>;
