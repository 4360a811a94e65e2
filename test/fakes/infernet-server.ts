// The control plane of Infernet on a port of this machine, for programs; its faults work here, too.
import type { InfernetControlPlane, PlaneReply } from "./infernet-control-plane.ts";

export interface InfernetServer {
  readonly url: string;
  stop(): Promise<void>;
}

export function serveInfernet(plane: InfernetControlPlane): InfernetServer {
  const answer = ({ status, json }: PlaneReply) =>
    Response.json(json, { status, headers: { date: new Date(plane.now()).toUTCString() } });
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const path = pathname + search;
      const { method, headers } = request;
      const body = new Uint8Array(await request.arrayBuffer());
      const fault = plane.fault(path);
      if (fault?.kind === "slow") await Bun.sleep(fault.ms);
      else if (fault?.kind === "twice") plane.handle({ method, path, headers, body });
      else if (fault && !fault.applied) return fault.kind === "lost" ? broken() : answer(failed(fault.status));
      const stream = method === "GET" && /^\/api\/chat\/stream\/([^/]+)$/.exec(path)?.[1];
      if (stream) return watching(plane, stream) ?? answer({ status: 404, json: { error: "job not found" } });
      const reply = plane.handle({ method, path, headers, body });
      if (fault?.kind === "lost") return broken();
      return answer(fault?.kind === "status" ? failed(fault.status) : reply);
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) };
}

const failed = (status: number): PlaneReply => ({ status, json: { error: "out of order" } });

/** An answer that was cut in its middle. */
const broken = () => new Response('{"da');

function watching(plane: InfernetControlPlane, id: string): Response | undefined {
  const job = plane.store.jobs.get(id);
  if (!job) return undefined;
  let stop = () => {};
  const stream = new ReadableStream({
    start(controller) {
      const send = (text: string) => controller.enqueue(new TextEncoder().encode(text));
      stop = plane.watch(job, send, () => controller.close());
    },
    cancel: () => stop(),
  });
  return new Response(stream, { headers: { "content-type": "text/event-stream" } });
}
