// What the control plane has of a job: asked where an answer was lost, so that nothing is sent twice.
import { z } from "zod";
import type { Clock } from "../../core/clock.ts";
import { SseSplitter } from "../../lib/sse.ts";
import type { ControlPlane } from "./control-plane.ts";
import { ControlPlaneError } from "./errors.ts";
import { POLL_LIMIT, pollJobs } from "./routes.ts";

/** The stored events come at once, in their order; after this much silence there are no more. */
const QUIET_MS = 2000;
const ASK_MS = 10_000;

export interface StoredEvents {
  /** How many of ours there are. */
  readonly count: number;
  /** How they end, if they do: "done" with its text, or "error". */
  readonly end: { readonly type: "done" | "error"; readonly text: string } | undefined;
}

const OURS: readonly string[] = ["meta", "token", "done", "error"];
const done = z.object({ text: z.string() });

/**
 * Reads the job's public stream up to where it is now. Undefined when it cannot be told.
 * @throws ControlPlaneError when nobody answers
 */
export async function storedEvents(
  plane: ControlPlane,
  job: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<StoredEvents | undefined> {
  const splitter = new SseSplitter();
  const quiet = new AbortController();
  let cancel = () => {};
  let began = false;
  let count = 0;
  let end: StoredEvents["end"];
  const onPart = (part: Uint8Array) => {
    for (const event of splitter.push(part)) {
      const type = /^event: ?(\w+)/m.exec(Buffer.from(event.raw).toString("utf8"))?.[1] ?? "";
      began ||= type === "job";
      // Others may be there to keep the connection open: they are no reason to wait on.
      if (type !== "job" && !OURS.includes(type)) continue;
      cancel();
      cancel = clock.after(QUIET_MS, () => quiet.abort());
      if (type === "job") continue;
      count++;
      if (type === "done" || type === "error") end ??= { type, text: type === "done" ? textOf(event.data()) : "" };
    }
  };
  try {
    const { status } = await plane.open("GET", `/api/chat/stream/${job}`, {
      timeoutMs: ASK_MS,
      signal: AbortSignal.any([signal, quiet.signal]),
      onPart,
    });
    if (status !== 200) return undefined;
  } catch (error) {
    // Silence after what is stored is the answer that there is no more; anything else is none.
    if (!quiet.signal.aborted || !began) throw error;
  } finally {
    cancel();
  }
  return began ? { count, end } : undefined;
}

/** Of what a public stream may show at most, a multiple is where it may have been cut. */
const PAGE = 1000;

/** Whether there may be more than it shows. @param stored how many are known to be there */
export function mayBeCut({ count }: StoredEvents, stored: number): boolean {
  return count < stored || (count > 0 && count % PAGE === 0);
}

/** What was sent and not answered may still arrive there: until then, asking is too early. */
export function settlingMs(lost: unknown, retryMs: number): number {
  return lost instanceof ControlPlaneError && lost.answered === undefined ? 10 * retryMs : 0;
}

const status = z.object({ status: z.string() });
const answers = z.union([
  status,
  z.object({ data: status }).transform(({ data }) => data),
  z.object({ job: status }).transform(({ job }) => job),
]);
const OPEN: readonly string[] = ["pending", "assigned", "running"];
const CLOSED: readonly string[] = ["completed", "failed"];

/**
 * Whether the job has ended there. Undefined when it cannot be told.
 * @throws ControlPlaneError when nobody answers
 */
export async function hasEnded(plane: ControlPlane, job: string, signal: AbortSignal): Promise<boolean | undefined> {
  const reply = await plane.open("GET", `/api/chat/${job}/status`, { signal });
  const said = answers.safeParse(reply.json);
  if (reply.status === 200 && said.success) {
    if (CLOSED.includes(said.data.status)) return true;
    if (OPEN.includes(said.data.status)) return false;
  }
  if (reply.status >= 500) return undefined;
  // It tells nobody: a job that has not ended is in the poll.
  const assigned = await pollJobs(plane, signal);
  if (assigned.some((entry) => z.object({ id: z.literal(job) }).safeParse(entry).success)) return false;
  return assigned.length < POLL_LIMIT ? true : undefined;
}

function textOf(data: string | undefined): string {
  try {
    const parsed = done.safeParse(JSON.parse(data ?? ""));
    return parsed.success ? parsed.data.text : "";
  } catch {
    return "";
  }
}
