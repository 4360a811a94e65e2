// Runs the load generator against one server, and reads what it measured.
import { z } from "zod";
import { LOAD_CORE, pinned } from "./cores.ts";
import { nativeTool } from "./tools.ts";

const times = z.object({ p50: z.number(), p99: z.number(), max: z.number() });

/** Microseconds. Of requests from their sending to their whole answer; of events from their sending to their arrival. */
export type Times = z.output<typeof times>;

const measured = z.object({
  good: z.number(),
  seconds: z.number(),
  latency: times.optional(),
  firstToken: times.optional(),
  lag: times.optional(),
  closed: z.number(),
  wrong: z.number(),
  unanswered: z.number(),
  statuses: z.record(z.string(), z.number()),
});

export type Measured = z.output<typeof measured>;

export interface Load {
  readonly port: number;
  /** Of requests, as signed-requests.ts writes it. */
  readonly file: string;
  readonly connections: number;
  /** How long new requests are sent. */
  readonly seconds: number;
  /** Each request at most once: the server remembers nonces. */
  readonly once: boolean;
  /** That every stream must have; none for plain answers. */
  readonly events?: number;
  /** Where the load is made. */
  readonly cores?: string;
}

export interface Loaded extends Measured {
  /** CPU seconds of the load generator. */
  readonly loadCpu: number;
  /** The first answer that was not right. */
  readonly complaint: string;
}

export async function load({
  port,
  file,
  connections,
  seconds,
  once,
  events = 0,
  cores = LOAD_CORE,
}: Load): Promise<Loaded> {
  const words = [port, file, connections, seconds, once ? "once" : "again", events].map(String);
  const command = pinned(cores, [await nativeTool("load"), ...words]);
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "pipe" });
  const [out, complaint] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(`the load generator failed: ${complaint}`);
  return { ...parseMeasured(out), complaint, loadCpu: Number(child.resourceUsage()?.cpuTime.total ?? 0) / 1e6 };
}

export function parseMeasured(text: string): Measured {
  return measured.parse(JSON.parse(text));
}

export function failures({ closed, wrong, unanswered, statuses }: Measured): number {
  return Object.values(statuses).reduce((sum, count) => sum + count, closed + wrong + unanswered);
}

/** In words, for a row; empty when every answer was right. */
export function failed(result: Measured): string {
  const { closed, wrong, unanswered, statuses } = result;
  const kinds = { ...statuses, closed, "wrong answers": wrong, unanswered };
  return Object.entries(kinds)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} × ${kind}`)
    .join(", ");
}

export function perSecond({ good, seconds }: Measured): number {
  return seconds > 0 ? good / seconds : 0;
}
