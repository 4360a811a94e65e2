// An RPC in front of the real one: it records what is asked, and misbehaves in the way that a test chooses.
import { z } from "zod";

const rpcCall = z.object({ id: z.unknown(), method: z.string(), params: z.array(z.unknown()).default([]) });
export type RecordedCall = z.infer<typeof rpcCall>;

/** What it answers instead of the real RPC; undefined passes the call on. */
export type Misbehaviour = (
  call: RecordedCall,
  request: Request,
) => Response | undefined | Promise<Response | undefined>;

export interface RpcProxy {
  readonly url: string;
  readonly port: number;
  readonly calls: RecordedCall[];
  misbehave(how: Misbehaviour | undefined): void;
  stop(): Promise<void>;
}

export function startRpcProxy(upstream: string): RpcProxy {
  const calls: RecordedCall[] = [];
  let misbehaviour: Misbehaviour | undefined;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const body = await request.text();
      const call = rpcCall.parse(JSON.parse(body));
      calls.push(call);
      const instead = await misbehaviour?.(call, request);
      if (instead) return instead;
      const answer = await fetch(upstream, {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
      }).catch(() => undefined);
      if (!answer) return new Response("no upstream", { status: 502 });
      return new Response(await answer.bytes(), { status: answer.status, headers: JSON_TYPE });
    },
  });
  const port = server.port ?? 0;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    calls,
    misbehave: (how) => {
      misbehaviour = how;
    },
    stop: () => server.stop(true),
  };
}

const JSON_TYPE = { "content-type": "application/json" };

/** Says that it is on another chain. */
export const onChain =
  (chainId: number): Misbehaviour =>
  ({ id, method }) =>
    method === "eth_chainId" ? Response.json({ jsonrpc: "2.0", id, result: `0x${chainId.toString(16)}` }) : undefined;

/** Takes the call and never answers. */
export const hanging: Misbehaviour = () => new Promise<Response>(() => {});
