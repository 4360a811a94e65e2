// A real request, end to end, in the running node: signed by a throw-away key, let in through a listener of its own, answered.
import { type CheckKind, fail, ok, skip } from "../../core/check.ts";
import { messageOf } from "../../core/errors.ts";
import type { InferenceHealth } from "../../inference/health.ts";
import { newKey } from "../../keys/private-key.ts";
import { signerFromKey } from "../../keys/signer.ts";
import { createHttpClient } from "../../lib/http-client.ts";
import { SignedClient } from "../../scheduler/signed-client.ts";
import type { RehearsalListener } from "../rehearsal-listener.ts";

export interface PromptLook {
  /** A listener for this check alone; undefined: no network that is on lets signed callers in. */
  readonly listener: (() => Pick<RehearsalListener, "open" | "close">) | undefined;
  readonly health: () => Pick<InferenceHealth, "backends">;
  readonly routesOf: (model: string) => readonly string[];
}

const CHAT = "/v1/chat/completions";
const TEXT = "/v1/completions";
const HINT =
  "See both logs at this time: the node's (fxn service logs) and the model server's. Again: fxn doctor --only prompt.answered";

export const PROMPT_CHECKS: readonly CheckKind<PromptLook>[] = [
  {
    id: "prompt.answered",
    title: "A signed prompt is answered",
    looksAt:
      'A real request of one token: signed with a throw-away key, through a listener on loopback that is opened for it, to the first model whose server works. The ledger has it under the caller "rehearsal"; nobody pays for it.',
    mend: "The answer's own words are in the message. See the log of the node (fxn service logs) and of the model server at that time, mend what they name, and try again: fxn doctor --only prompt.answered.",
    run: ask,
  },
];

async function ask({ listener, health, routesOf }: PromptLook, signal: AbortSignal) {
  if (!listener) return skip("no network that is on lets signed callers in");
  const { backends } = health();
  const working = backends.filter(({ state }) => state === "closed" || state === "unknown");
  const names = working.flatMap(({ names }) => names);
  const model = names.find((name) => routeFor(routesOf(name)) !== undefined);
  const route = model === undefined ? undefined : routeFor(routesOf(model));
  if (model === undefined || route === undefined) return skip("no model server that writes text works");
  const signer = signerFromKey(newKey());
  const own = listener();
  const { port } = await own.open(signer.address);
  const http = createHttpClient({ maxIdleConns: 0, idleConnTimeout: 1, connectTimeout: 1000 });
  const begun = performance.now();
  try {
    const client = new SignedClient(`http://127.0.0.1:${port}`, signer, http);
    const { status, text } = await client.ask(route, bodyFor(route, model), signal);
    if (status !== 200) return fail(`${model}: answered ${status}: ${text.slice(0, 200)}`, HINT);
    const models = new Set(backends.flatMap(({ models }) => models)).size;
    const which = models > 1 ? `${model} (1 of ${models} models)` : model;
    return ok(`${which} in ${Math.round(performance.now() - begun)} ms`);
  } catch (error) {
    return fail(`${model}: ${signal.aborted ? messageOf(signal.reason) : messageOf(error)}`, HINT);
  } finally {
    http.close();
    await own.close();
  }
}

function routeFor(routes: readonly string[]): string | undefined {
  return [CHAT, TEXT].find((route) => routes.includes(route));
}

function bodyFor(route: string, model: string): unknown {
  const text = route === CHAT ? { messages: [{ role: "user", content: "Hi" }] } : { prompt: "Hi" };
  return { model, max_tokens: 1, ...text };
}
