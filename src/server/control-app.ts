// What changes the running node: reachable only through the socket file in the node's home.
import { Elysia } from "elysia";
import { type Address, parseAddress } from "../core/address.ts";
import { errorBody } from "../core/error-body.ts";
import { FxnError } from "../core/errors.ts";
import { errorResponse, HttpError, JSON_TYPE } from "./errors.ts";

export const CONTROL_LEVELS = ["debug", "info", "warn", "error"] as const;
export type ControlLevel = (typeof CONTROL_LEVELS)[number];

export interface ControlAppPorts {
  readonly status: () => unknown;
  /** JSON text. */
  readonly activity: () => string;
  /** Where the operator's page is, by a link that opens it once where it asks for a token. */
  readonly dashboard: () => { url: string };
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
  /** Takes no new work and resolves when nothing runs any more, with how many requests were cut off; then the process ends. */
  readonly drain: (deadlineMs: number | undefined) => Promise<{ cut: number }>;
  /** What the files say that the node does not run by. */
  readonly differences: () => Promise<unknown>;
  /** Resolves with what it does, or would do. */
  readonly reload: (how: { dryRun: boolean }) => Promise<unknown>;
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
    .get("/activity", () => new Response(ports.activity(), { headers: JSON_TYPE }))
    .get("/ready", () => Response.json(ports.readiness()))
    .post("/dashboard", () => Response.json(ports.dashboard()))
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
    .get("/reload", () => withHint(async () => ({ schema: 1, effects: await ports.differences() })))
    .post("/reload", ({ query }) => withHint(() => ports.reload({ dryRun: "dryRun" in query })))
    .post("/drain", async () => Response.json(await ports.drain(undefined)))
    .post("/drain/:deadline", async ({ params }) => Response.json(await ports.drain(milliseconds(params.deadline))))
    .post("/challenge", async ({ request }) => ports.challenge(await request.bytes(), request.signal), {
      parse: "none",
    });
  return async (request) => app.handle(request);
}

/** What refuses a configuration says what to do about it. */
async function withHint(work: () => Promise<unknown>): Promise<Response> {
  try {
    return Response.json(await work());
  } catch (error) {
    if (!(error instanceof FxnError)) throw error;
    return Response.json({ ...errorBody(error), hint: error.hint }, { status: error.status });
  }
}

function milliseconds(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new HttpError("unknown_url", 404, "a deadline is a number of milliseconds");
}

function schedulerOf(text: string): Address {
  const scheduler = parseAddress(text);
  if (!scheduler) throw new HttpError("unknown_url", 404, "a rehearsal needs the address of its scheduler");
  return scheduler;
}
