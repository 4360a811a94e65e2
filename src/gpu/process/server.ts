// The compute process's side: takes calls one after the other, gives answers in slices, ends when the node has.
import { setPriority } from "node:os";
import { JsonText } from "../../core/challenge.ts";
import { FxnError, messageOf } from "../../core/errors.ts";
import { slicesOf, type ToNode, toProcess } from "./protocol.ts";

export type Operation = (input: unknown, body: Uint8Array, signal: AbortSignal) => Promise<unknown>;

interface Call {
  readonly slices: Uint8Array[];
  readonly abort: AbortController;
}

/** The node's requests come first: whoever waits for a processor, this process waits longer. */
const LOWEST_PRIORITY = 19;

/** Serves until the node is gone. */
export function serveCalls(operations: Readonly<Record<string, Operation>>): Promise<void> {
  setPriority(LOWEST_PRIORITY);
  // Ctrl-C in a terminal goes to both: the node lets its callers' answers end, so this must go on.
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => {});
  const calls = new Map<number, Call>();
  let last: Promise<void> = Promise.resolve();

  function callOf(id: number): Call {
    const call = calls.get(id) ?? { slices: [], abort: new AbortController() };
    calls.set(id, call);
    return call;
  }

  async function work({ slices, abort }: Call, id: number, op: string, input: unknown): Promise<void> {
    try {
      abort.signal.throwIfAborted();
      const operation = operations[op];
      if (!operation) throw new Error(`no operation "${op}"`);
      const answer = await operation(input, Buffer.concat(slices), abort.signal);
      if (answer instanceof JsonText)
        for (const piece of answer.pieces)
          for (const slice of slicesOf(piece)) tell({ id, slice: new Uint8Array(slice) });
      tell({ id, done: answer instanceof JsonText ? answer.facts : answer });
    } catch (error) {
      const { code, status, hint } =
        error instanceof FxnError ? error : { code: "compute_failed", status: 500, hint: undefined };
      tell({ id, failed: { code, status, message: messageOf(error), hint } });
    } finally {
      calls.delete(id);
    }
  }

  process.on("message", (message: unknown) => {
    const said = toProcess.parse(message);
    if ("slice" in said) {
      callOf(said.id).slices.push(said.slice);
      tell({ id: said.id, took: true });
    } else if ("begin" in said) {
      const call = callOf(said.id);
      last = last.then(() => work(call, said.id, said.begin, said.input));
    } else calls.get(said.id)?.abort.abort(new FxnError("compute_cancelled", 499, "cancelled"));
  });
  return new Promise((resolve) => {
    process.on("disconnect", () => resolve());
  });
}

function tell(message: ToNode): void {
  process.send?.(message);
}
