// A network's routes on loopback, as the node's listener serves them: path prefix, body limit, its own words for failures.
import type { OwnSession } from "../../src/core/network.ts";
import { HttpError } from "../../src/server/errors.ts";

export interface ServedSession {
  readonly url: string;
  stop(): void;
}

/** @param reserved a server whose port it takes over: an endpoint must be known before there is a session */
export function serveSession(session: OwnSession, reserved?: Bun.Server<undefined>): ServedSession {
  const { listen } = session;
  if (!listen) throw new Error("this network is not called");
  let calls = 0;
  const served = {
    async fetch(request: Request) {
      const { pathname, search } = new URL(request.url);
      const route = session
        .routes()
        .find(({ method, path }) => request.method === method && `${listen.path}${path}` === pathname);
      if (!route) return listen.failure(new HttpError("unknown_url", 404, "unknown"));
      calls += 1;
      return route.handle({
        id: `req_${calls}`,
        method: request.method,
        path: route.path,
        search,
        headers: request.headers,
        signal: request.signal,
        async body() {
          const bytes = new Uint8Array(await request.arrayBuffer());
          if (bytes.length > route.maxBody) throw new HttpError("body_too_large", 413, "too large");
          return bytes;
        },
        holdOpen: () => () => {},
        note: {},
      });
    },
  };
  const server = reserved ?? Bun.serve({ hostname: "127.0.0.1", port: 0, ...served });
  reserved?.reload(served);
  return { url: `http://127.0.0.1:${server.port}${listen.path}`, stop: () => server.stop(true) };
}
