// What can be asked of a model server behind a URL beside its probe: what several kinds share. Nothing is generated, and nothing costs.
import { z } from "zod";
import { type ServerConfig, TEXT_ROUTES } from "../config/models-schema.ts";
import { BackendError } from "../core/backend.ts";
import { type Check, type CheckAnswer, type CheckKind, fail, ok, skip, warn } from "../core/check.ts";
import type { Clock } from "../core/clock.ts";
import { TooLate, within } from "../lib/abort.ts";
import { type HttpServer, parsed } from "./http-server.ts";

export interface ServerLook {
  readonly server: HttpServer;
  /** Whether requests are sent with a key or token. */
  readonly hasKey: boolean;
  /** Those for which calls are sent to it. */
  readonly routes: ReadonlySet<string>;
}

/** Shorter than what many a chat needs. */
export const LITTLE_CONTEXT = 4096;

const KEY_HINT = "Set the apiKey or bearerToken that it wants, for this server in model_backend.yaml.";
const ENOUGH = "Where calls are answered (prompt.answered), the key is for inference alone, which is enough.";

export function serverChecks(
  kinds: readonly CheckKind<ServerLook>[],
  server: HttpServer,
  { apiKey, bearerToken }: ServerConfig,
  clock: Clock,
  routes: ReadonlySet<string>,
): readonly Check[] {
  const look = { server, hasKey: apiKey !== undefined || bearerToken !== undefined, routes };
  return kinds.map((kind) => ({
    ...kind,
    run: (signal) =>
      unlessSilent(
        within(LIMIT_MS, clock, signal, (ending) => kind.run(look, ending)),
        server.label,
      ),
  }));
}

/** A busy one may answer this between two batches alone: that it is late is nothing that keeps work away. */
const LIMIT_MS = 5000;

/** Whether it answers at all is another check's question. */
async function unlessSilent(asking: Promise<CheckAnswer>, label: string): Promise<CheckAnswer> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof TooLate) return skip(`${label}: ${error.message}`);
    if (!(error instanceof BackendError) || error.code === "aborted") throw error;
    return skip(error.code === "bad_response" ? error.message : `${label} does not answer`);
  }
}

/** Its JSON of that shape; a string: why it is not told, in words. */
export async function told<Schema extends z.ZodType>(
  { label, get }: HttpServer,
  path: string,
  schema: Schema,
  signal: AbortSignal,
): Promise<z.output<Schema> | string> {
  const { status, text } = await get(path, signal);
  return status === 200
    ? parsed(schema, text, label, `${path} is not of its form`)
    : `${label} does not tell: ${path} answered ${status}`;
}

interface KeyPath {
  /** A GET that wants a key. */
  readonly path: string;
  /** Whether calls want the same key: one that is for inference alone is refused elsewhere, and calls are answered. */
  readonly asCalls: boolean;
}

export function keyCheck(kind: string, { path, asCalls }: KeyPath): CheckKind<ServerLook> {
  const refused = asCalls ? fail : warn;
  return {
    id: `backend.${kind}.key`,
    title: "The model server takes its key",
    looksAt: `GET ${path.replace(/\?.*/, "")} with the key or token of model_backend.yaml: whether it is let in, and whether it may ask now.`,
    mend: `401 and 403: correct apiKey or bearerToken of this server in model_backend.yaml, or give it the one that it wants.${asCalls ? "" : ` ${ENOUGH}`} 429: its limit is used up; wait, or lower maxConcurrent.`,
    async run({ server: { label, get }, hasKey }, signal) {
      const { status } = await get(path, signal);
      if (status === 401 || status === 403)
        return refused(
          `${label} ${hasKey ? "refuses the key that it is sent" : "wants a key"}: ${status}`,
          asCalls ? KEY_HINT : `${KEY_HINT} ${ENOUGH}`,
        );
      if (status === 429) return warn(`${label} takes no more requests for now: 429`, "Its limit is used up: wait.");
      if (status >= 200 && status < 300) return ok(`${label} lets the node in`);
      return skip(`${label} does not tell: it answered ${status}`);
    },
  };
}

interface Waiting {
  /** Gauges of its /metrics, in Prometheus' form. */
  readonly waiting: string;
  readonly running: string;
  /** What to do where there are none. */
  readonly turnOn: string;
  /** What asking for them changes there; default: nothing. */
  readonly trace?: string;
}

/** More that wait in it than it works at: the node's own queue, which is bounded and fair, sees nothing of them. */
export function queueCheck(kind: string, { waiting, running, turnOn, trace }: Waiting): CheckKind<ServerLook> {
  const hint = "Set maxConcurrent of this server to what it does at once: others wait in the node's queue then.";
  return {
    id: `backend.${kind}.queue`,
    title: "No more requests wait in the model server than it works at",
    looksAt: `Its /metrics: ${waiting} beside ${running}.${trace === undefined ? "" : ` ${trace} So alerts do not ask for it.`}`,
    leavesTrace: trace !== undefined,
    mend: `${hint} Or give the model another server.`,
    async run({ server: { label, get } }, signal) {
      const { status, text } = await get("/metrics", signal);
      if (status !== 200) return skip(`${label} does not tell: /metrics answered ${status}. ${turnOn}`);
      const [waits, works] = [sumOf(text, waiting), sumOf(text, running)];
      if (waits === undefined || works === undefined) return skip(`${label} does not tell: no ${waiting} in /metrics`);
      const message = `${label}: ${waits} wait, it works at ${works}`;
      return waits > works ? warn(message, hint) : ok(message);
    },
  };
}

/** Of all series of that name. */
function sumOf(text: string, name: string): number | undefined {
  const values = text.split("\n").flatMap((line) => {
    const rest = line.startsWith(name) ? line.slice(name.length) : "";
    const value = /^(?:\{.*\})? (\S+)/.exec(rest)?.[1];
    return value === undefined ? [] : [Number(value)];
  });
  return values.length === 0 || values.some(Number.isNaN) ? undefined : values.reduce((sum, value) => sum + value, 0);
}

/** Asked where text is written: what embeds, ranks or hears is well with little. */
export function ofText(kind: CheckKind<ServerLook>): CheckKind<ServerLook> {
  return {
    ...kind,
    looksAt: `${kind.looksAt} Asked of one that has a route for chats or completions: what only embeds, ranks or hears needs little.`,
    async run(look, signal) {
      if (TEXT_ROUTES.some((route) => look.routes.has(route))) return await kind.run(look, signal);
      return skip(`${look.server.label} has no route that writes text`);
    },
  };
}

/** @param lengthOf what fits into one request, in tokens, by model; a string: why that is not known */
export function contextCheck(
  kind: string,
  looksAt: string,
  mend: string,
  lengthOf: (look: ServerLook, signal: AbortSignal) => Promise<ReadonlyMap<string, number> | string>,
): CheckKind<ServerLook> {
  const advice = `${mend} One that writes no text? Then list its routes without those of chats and completions.`;
  return ofText({
    id: `backend.${kind}.context`,
    title: "Requests of a usual length fit into the model's context",
    looksAt,
    mend: advice,
    async run(look, signal) {
      const lengths = await lengthOf(look, signal);
      if (typeof lengths === "string") return skip(lengths);
      const { label } = look.server;
      const words = (some: readonly (readonly [string, number])[]) =>
        `${label}: ${some.map(([model, tokens]) => `${model} takes ${tokens} tokens`).join(", ")}`;
      const short = [...lengths].filter(([, tokens]) => tokens < LITTLE_CONTEXT);
      if (short.length > 0) return warn(`${words(short)} a request, prompt and answer together`, advice);
      return lengths.size > 0 ? ok(words([...lengths])) : skip(`${label} does not tell`);
    },
  });
}

export const tokens = z.int().positive();
