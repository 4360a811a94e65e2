// A process of its own for a part of a bench, so that it takes no time from what is measured: both sides of its calls.
import { join } from "node:path";
import { z } from "zod";

const call = z.object({ op: z.string(), input: z.unknown() });
const answer = z.object({ value: z.unknown() });

export type Operations = Readonly<Record<string, (input: unknown) => unknown>>;

/** The helper's side: answers one call at a time, until its parent is gone. */
export function serve(operations: Operations): void {
  process.on("message", async (message: unknown) => {
    const { op, input } = call.parse(message);
    process.send?.({ value: await operations[op]?.(input) });
  });
  process.on("disconnect", () => process.exit());
}

export interface Helper {
  /** One at a time. Throws when the helper has ended. */
  call(op: string, input?: unknown): Promise<unknown>;
  stop(): void;
}

/** @param script beside this file */
export function startHelper(script: string): Helper {
  let pending: PromiseWithResolvers<unknown> | undefined;
  const child = Bun.spawn([process.execPath, join(import.meta.dir, script)], {
    stdio: ["ignore", "inherit", "inherit"],
    serialization: "advanced",
    ipc: (message) => pending?.resolve(answer.parse(message).value),
    onExit: () => pending?.reject(new Error(`${script} has ended`)),
  });
  return {
    call(op, input) {
      pending = Promise.withResolvers();
      child.send({ op, input });
      return pending.promise;
    },
    stop: () => child.kill(),
  };
}
