// The end of a job at the control plane: its terminal event, then `complete`, each exactly once and always the same.
import { sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import { Backoff } from "./backoff.ts";
import { ControlPlaneError } from "./errors.ts";
import { hasEnded, settlingMs } from "./evidence.ts";
import type { JobPorts } from "./job-ports.ts";
import { completeJob, type Outcome } from "./routes.ts";

/**
 * After an answer that was lost it asks how the job stands, and sends the same again only if it has not ended.
 * @param mayBeDone a run before may have sent it
 * @returns how it stands there; "refused": the control plane wants to hear nothing of it
 * @throws the reason of `life` when the node ends before it is known
 */
export async function complete(
  ports: JobPorts,
  job: string,
  outcome: Outcome,
  mayBeDone: boolean,
): Promise<"told" | "refused"> {
  const { plane, clock, life, metrics } = ports;
  const wait = new Backoff(ports.retryMs, ports.retryMs * 60, ports.random);
  let unsure = mayBeDone;
  for (;;) {
    life.throwIfAborted();
    if (unsure) {
      const ended = await hasEnded(plane, job, life).catch(() => undefined);
      if (ended) return "told";
      if (ended === undefined) {
        await sleep(clock, wait.next(), life);
        continue;
      }
    }
    try {
      await completeJob(plane, job, outcome, life);
      metrics.call("complete", "ok");
      return "told";
    } catch (error) {
      metrics.call("complete", "failed");
      if (error instanceof ControlPlaneError && error.refused) {
        ports.log.warn({ network: "infernet", job, error: messageOf(error) }, "the control plane refused a job's end");
        return "refused";
      }
      unsure = true;
      await sleep(clock, wait.next() + settlingMs(error, ports.retryMs), life);
    }
  }
}
