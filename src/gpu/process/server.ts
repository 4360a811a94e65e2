// The compute process's side: takes calls one after the other, gives answers in slices, ends when the node has.
import { setPriority } from "node:os";
import { setImmediate as otherWork } from "node:timers/promises";
import { JsonText } from "../../core/challenge.ts";
import { FxnError } from "../../core/errors.ts";
import { untilAborted } from "../../lib/abort.ts";
import { failureOf } from "./errors.ts";
import { slicesOf, type ToNode, toProcess } from "./protocol.ts";

export type Operation = (input: unknown, body: Uint8Array, signal: AbortSignal) => Promise<unknown>;

interface Call {
  readonly slices: Uint8Array[];
  readonly abort: AbortController;
}

/**
 * The node's requests come first. Not the lowest, 19: beside a model server that computes on every core, a challenge would get
 * a seventieth of one and come too late; so it gets a tenth.
 */
const LOW_PRIORITY = 10;

/** Serves until the node is gone; at once over when no node has started this process. */
export function serveCalls(operations: Readonly<Record<string, Operation>>): Promise<void> {
  setPriority(LOW_PRIORITY);
  const calls = new Map<number, Call>();
  let last: Promise<void> = Promise.resolve();

  function callOf(id: number): Call {
    const call = calls.get(id) ?? { slices: [], abort: new AbortController() };
    calls.set(id, call);
    return call;
  }

  /** @param turn when those before it are over; a call that is cancelled does not wait for it */
  async function work(turn: Promise<void>, id: number, op: string, input: unknown): Promise<void> {
    const { slices, abort } = callOf(id);
    try {
      await untilAborted(turn, abort.signal);
      const operation = operations[op];
      if (!operation) throw new Error(`no operation "${op}"`);
      const answer = await operation(input, Buffer.concat(slices), abort.signal);
      if (answer instanceof JsonText) {
        for (const piece of answer.pieces)
          for (const slice of slicesOf(piece)) tell({ id, slice: new Uint8Array(slice) });
      }
      tell({ id, done: answer instanceof JsonText ? answer.facts : answer });
    } catch (error) {
      tell({ id, failed: failureOf(error) });
    } finally {
      calls.delete(id);
      if (calls.size === 0) void rest();
    }
  }

  /** A large product leaves as much behind as it needed, and this process may now wait for hours. */
  async function rest(): Promise<void> {
    await otherWork();
    if (calls.size === 0) Bun.gc(true);
  }

  process.on("message", (message: unknown) => {
    const said = toProcess.parse(message);
    if ("slice" in said) {
      callOf(said.id).slices.push(said.slice);
      tell({ id: said.id, took: true });
    } else if ("begin" in said) {
      const before = last;
      const over = work(before, said.id, said.begin, said.input);
      last = before.then(() => over);
    } else calls.get(said.id)?.abort.abort(new FxnError("compute_cancelled", 499, "cancelled"));
  });
  return new Promise((resolve) => {
    process.on("disconnect", () => resolve());
    if (!process.connected) return resolve();
    // Ctrl-C in a terminal goes to both: the node lets its callers' answers end, so this must go on.
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => {});
  });
}

function tell(message: ToNode): void {
  process.send?.(message);
}
