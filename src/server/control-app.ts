// What changes the running node: reachable only through the socket file in the node's home.
import { Elysia } from "elysia";
import { type Address, parseAddress } from "../core/address.ts";
import { errorResponse, HttpError } from "./errors.ts";

export const CONTROL_LEVELS = ["debug", "info", "warn", "error"] as const;
export type ControlLevel = (typeof CONTROL_LEVELS)[number];

export interface ControlAppPorts {
  readonly status: () => unknown;
  readonly readiness: () => { ready: boolean; reasons: readonly string[] };
  readonly setLogLevel: (level: ControlLevel) => void;
  readonly rehearsal: {
    open(scheduler: Address): Promise<{ port: number; seconds: number }>;
    close(scheduler: Address): Promise<void>;
  };
  /** What the node finds when it looks at itself: model servers, a prompt, each network. */
  readonly checks: (signal: AbortSignal) => Promise<unknown>;
  /** Resolves with the process that has taken over. */
  readonly restart: () => Promise<{ pid: number; version: string }>;
  /** A challenge that a worker has verified. */
  readonly challenge: (body: Uint8Array, signal: AbortSignal) => Promise<Response>;
}

export function createControlApp(ports: ControlAppPorts): (request: Request) => Promise<Response> {
  const app = new Elysia({ normalize: false })
    // Before the routes: a hook holds only for what is registered after it.
    .onError(({ error, code }) =>
      errorResponse(code === "NOT_FOUND" ? new HttpError("unknown_url", 404, "no such control") : error),
    )
    .get("/status", () => Response.json(ports.status()))
    .get("/ready", () => Response.json(ports.readiness()))
    .put("/log-level/:level", ({ params }) => {
      const level = CONTROL_LEVELS.find((known) => known === params.level);
      if (!level) throw new HttpError("unknown_url", 404, `log levels are ${CONTROL_LEVELS.join(", ")}`);
      ports.setLogLevel(level);
      return Response.json({ level });
    })
    .put("/rehearsal/:scheduler", async ({ params }) => {
      return Response.json(await ports.rehearsal.open(schedulerOf(params.scheduler)));
    })
    .delete("/rehearsal/:scheduler", async ({ params }) => {
      await ports.rehearsal.close(schedulerOf(params.scheduler));
      return Response.json({ ended: true });
    })
    .post("/checks", async ({ request }) => Response.json(await ports.checks(request.signal)))
    .post("/restart", async () => Response.json(await ports.restart()))
    .post("/challenge", async ({ request }) => ports.challenge(await request.bytes(), request.signal), {
      parse: "none",
    });
  return async (request) => app.handle(request);
}

function schedulerOf(text: string): Address {
  const scheduler = parseAddress(text);
  if (!scheduler) throw new HttpError("unknown_url", 404, "a rehearsal needs the address of its scheduler");
  return scheduler;
}
