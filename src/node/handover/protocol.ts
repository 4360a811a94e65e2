// What a node and the one that takes over from it say to each other, over Bun's IPC.
import { z } from "zod";
import { failure } from "../../gpu/process/protocol.ts";

/** Set for a process that is to take over from the one that started it. */
export const TAKES_OVER = "FXN_TAKES_OVER";

/** `listeners`: how many it has on the port. */
const serving = z.strictObject({ pid: z.int(), version: z.string(), listeners: z.int().positive() });
export type Serving = z.output<typeof serving>;

/** In this order, from the successor. */
export const toPredecessor = z.union([
  /** Its configuration is read and its key open: it can take over. */
  z.strictObject({ prepared: z.literal(true) }),
  /** It serves callers on the same port. */
  z.strictObject({ serving }),
  /** It cannot, and ends. */
  z.strictObject({ failed: failure }),
]);
export type ToPredecessor = z.output<typeof toPredecessor>;

/** The home is free. The ports are where the node listens; whether it was ready, and so its successor is to be. */
const home = z.strictObject({ ready: z.boolean(), publicPort: z.int(), adminPort: z.int() });
export type Inherited = z.output<typeof home>;

/** In this order, from the node that it takes over from. */
export const toSuccessor = z.union([
  z.strictObject({ yours: home }),
  /** The port is the successor's alone. */
  z.strictObject({ left: z.literal(true) }),
]);
export type ToSuccessor = z.output<typeof toSuccessor>;
