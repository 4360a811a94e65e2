// Logs in to the operator's account by a code that is confirmed in a browser; the token that comes of it is handed on, not kept.
import { z } from "zod";
import { type Clock, sleep } from "../../core/clock.ts";
import { Secret } from "../../core/secret.ts";
import { clean } from "../../lib/clean.ts";
import type { ControlPlane } from "./control-plane.ts";
import { ControlPlaneError, InfernetError } from "./errors.ts";

const EVERY_MS = 2000;
/** A code is good for ten minutes. */
const LONGEST_MS = 10 * 60_000;

const started = z.object({
  code: z.string().regex(/^[\w-]{1,128}$/),
  verify_url: z.string(),
});
const polled = z.discriminatedUnion("status", [
  z.object({ status: z.literal("pending") }),
  z.object({ status: z.literal("expired") }),
  z.object({ status: z.literal("consumed") }),
  z.object({ status: z.literal("not_found") }),
  z.object({ status: z.literal("authorized"), token: z.string().min(1), email: z.string().nullish() }),
]);

export interface Login {
  readonly code: string;
  /** Where a person confirms it. */
  readonly verifyUrl: string;
}

export interface LoggedIn {
  readonly token: Secret;
  readonly email: string | undefined;
}

/** @throws InfernetError, ControlPlaneError */
export async function startLogin(plane: ControlPlane): Promise<Login> {
  const { status, json } = await plane.open("POST", "/api/auth/cli/start");
  const answer = started.safeParse(json);
  const { code, verify_url: url } = answer.data ?? {};
  if (status !== 200 || code === undefined || url === undefined) {
    throw failed(`${plane.host} offers no login by a code (HTTP ${status})`);
  }
  // A person is about to open it and confirm: not wherever an answer wants them to.
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw failed("the page to confirm at is none");
  return { code, verifyUrl: clean(new URL(url).href, 500) };
}

/** Asks until a person has confirmed the code. @throws InfernetError when it has expired */
export async function awaitLogin(
  plane: ControlPlane,
  { code }: Login,
  clock: Clock,
  signal: AbortSignal,
): Promise<LoggedIn> {
  for (const end = clock.monotonic() + LONGEST_MS; clock.monotonic() < end; await sleep(clock, EVERY_MS, signal)) {
    signal.throwIfAborted();
    const data = await pollOnce(plane, code, signal);
    // Nothing, or the words of a proxy: the control plane may answer in two seconds.
    if (!data) continue;
    if (data.status === "not_found") throw failed("the control plane does not know the code any more");
    if (data.status === "authorized") {
      return { token: new Secret(data.token), email: data.email ? clean(data.email, 100) : undefined };
    }
    if (data.status !== "pending") throw failed(`the code is ${data.status}`);
  }
  throw failed("nobody has confirmed the code within ten minutes");
}

async function pollOnce(plane: ControlPlane, code: string, signal: AbortSignal) {
  try {
    const { json } = await plane.open("GET", `/api/auth/cli/poll/${code}`, { signal });
    return polled.safeParse(json).data;
  } catch (error) {
    if (error instanceof ControlPlaneError) return undefined;
    throw error;
  }
}

/** @param written of a file or of standard input. @throws InfernetError for what is no token: it becomes a header */
export function tokenOf(written: string): Secret {
  const token = written.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return new Secret(token);
  throw new InfernetError("infernet_login", 400, "this is no token: it is one word, without spaces or line breaks", {
    hint: "Put the token alone into the file.",
  });
}

function failed(why: string): InfernetError {
  return new InfernetError("infernet_login", 502, why, { hint: "Try again: fxn infernet login" });
}
