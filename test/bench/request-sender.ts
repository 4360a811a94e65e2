// Helper process: sends small chat requests at a steady rate and takes the time of each.
import { z } from "zod";
import { account, CHAT, chatBody } from "../e2e/world.ts";
import { signedHeaders } from "../sandbox/gateway.ts";
import { serve } from "./helper-process.ts";

const plan = z.object({ url: z.string(), everyMs: z.number(), count: z.number() });

const body = JSON.stringify(chatBody());
let signed: Record<string, string>[] = [];

serve({
  /** Ahead of time: a signature takes as long as the node's whole work. */
  async sign(input) {
    const { count } = plan.parse(input);
    signed = [];
    for (let i = 0; i < count; i++) signed.push(await signedHeaders(account("gateway"), body));
  },

  /** Milliseconds of each request from its sending to its whole answer. None waits for the one before. */
  async send(input): Promise<number[]> {
    const { url, everyMs } = plan.parse(input);
    const begun = performance.now();
    const times: Promise<number>[] = [];
    for (const headers of signed) {
      await Bun.sleep(Math.max(0, begun + times.length * everyMs - performance.now()));
      times.push(timed(url, headers));
    }
    return Promise.all(times);
  },
});

async function timed(url: string, headers: Record<string, string>): Promise<number> {
  const sent = performance.now();
  const response = await fetch(`${url}${CHAT}`, { method: "POST", headers, body });
  const text = await response.text();
  if (!response.ok) throw new Error(`the request was answered ${response.status}: ${text}`);
  return performance.now() - sent;
}
