// The coordinator of Blindference and the services around it on one port of this machine, for programs.
import type { World } from "./blindference-world.ts";

export interface BlindferenceServer {
  /** Of the ICL. */
  readonly url: string;
  /** Of all of them; each has a folder: cofhe, ipfs, pin, pay. */
  readonly base: string;
  stop(): Promise<void>;
}

/** The first part of the path names the service: its host in memory. @param port 0 takes a free one */
export function serveBlindference(world: World, port = 0): BlindferenceServer {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port,
    idleTimeout: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const [, host = "", ...path] = pathname.split("/");
      const { method, headers } = request;
      const body = new Uint8Array(await request.arrayBuffer());
      try {
        const options = { method, headers, timeoutMs: 10_000, maxBytes: 1e9, ...(method === "POST" && { body }) };
        const reply = await world.fetch(`https://${host}.test/${path.join("/")}${search}`, options);
        return new Response(reply.status === 204 ? null : reply.body, { status: reply.status, headers: reply.headers });
      } catch {
        return new Response("{", { status: 200 });
      }
    },
  });
  const base = `http://127.0.0.1:${server.port}`;
  return {
    url: `${base}/icl`,
    base,
    stop: () => server.stop(true),
  };
}
