// Asks the running node to let a new process take over, and waits for it.
import { z } from "zod";
import { FxnError } from "../src/core/errors.ts";
import { askControl } from "../src/lib/control-socket.ts";

export class RestartFailed extends FxnError<"restart_failed" | "not_running"> {}

/** Longer than the node itself waits. */
const LIMIT_MS = 180_000;

const serving = z.object({ pid: z.int(), version: z.string() });
const refusal = z.object({ error: z.object({ message: z.string() }) });

export async function isRunning(home: string): Promise<boolean> {
  return (await askControl(home, "GET", "/ready")) !== undefined;
}

/** Throws RestartFailed; then the node goes on as it was. */
export async function restartNode(home: string): Promise<z.output<typeof serving>> {
  const answer = await askControl(home, "POST", "/restart", LIMIT_MS);
  if (!answer) throw new RestartFailed("not_running", 409, `no node runs on ${home}`, { hint: "Start it: fxn start" });
  const served = serving.safeParse(answer.json);
  if (served.success) return served.data;
  const said = refusal.safeParse(answer.json);
  const why = said.success ? said.data.error.message : `it answered ${answer.status}`;
  throw new RestartFailed("restart_failed", 500, `the node was not restarted: ${why}`, {
    hint: "It goes on as it was; its log says more.",
  });
}
