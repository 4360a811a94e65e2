// Stands before a service of a test and names each call of it: before it goes on ("… asked"), and before its answer leaves ("… done").

export interface WatchedService {
  readonly url: string;
  stop(): Promise<void>;
}

export interface Watching {
  /** Of the service behind it. */
  readonly upstream: string;
  nameOf(request: Request, body: Uint8Array): string;
  /** True: whoever asked is gone. */
  reached(point: string): Promise<boolean>;
  /** Whether what was asked by one who is gone arrives all the same. */
  arrives(): boolean;
}

export function watch({ upstream, nameOf, reached, arrives }: Watching): WatchedService {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const body = new Uint8Array(await request.arrayBuffer());
      const name = nameOf(request, body);
      if ((await reached(`${name} asked`)) && !arrives()) return new Response(null, { status: 503 });
      const headers = new Headers(request.headers);
      headers.delete("host");
      const { method } = request;
      const reply = await fetch(`${upstream}${pathname}${search}`, {
        method,
        headers,
        ...(method === "POST" && { body }),
      }).catch(() => new Response(null, { status: 502 }));
      const answer = await reply.bytes();
      await reached(`${name} done`);
      const type = reply.headers.get("content-type");
      return new Response(answer, {
        status: reply.status,
        ...(type !== null && { headers: { "content-type": type } }),
      });
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) };
}

/** The words of a path that are no ids. */
export const byPath =
  (service: string) =>
  (request: Request): string => {
    const words = new URL(request.url).pathname.split("/").filter((word) => /^[a-z_/-]{1,20}$/.test(word));
    return [service, ...words].join(" ");
  };
