// How long a gateway takes from now to its first right answer.
import { messageOf } from "../../../src/core/errors.ts";
import { callers, chatText, type Route, sha256, signedHeaders } from "./signed-requests.ts";

/** LiteLLM takes half a minute on a fast machine. */
const LIMIT_MS = 180_000;
const POLL_MS = 2;

/** Asks with new signatures until it is answered as a chat. Milliseconds; throws with the last refusal. */
export async function firstAnswer(route: Route): Promise<number> {
  const begun = performance.now();
  let last = "no connection";
  while (performance.now() - begun < LIMIT_MS) {
    try {
      const response = await ask(route);
      const text = await response.text();
      if (response.ok && text.includes("chatcmpl-bench")) return performance.now() - begun;
      last = `${response.status} ${text}`;
    } catch (error) {
      last = messageOf(error);
    }
    await Bun.sleep(POLL_MS);
  }
  throw new Error(`no answer within ${LIMIT_MS / 1000} s: ${last}`);
}

function ask({ port, path, headers, model }: Route): Promise<Response> {
  const body = chatText(model, false);
  const [caller] = callers;
  if (!caller) throw new RangeError("no callers");
  const signed = signedHeaders(caller, sha256(body));
  return fetch(`http://127.0.0.1:${port}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers, ...signed },
    body,
    signal: AbortSignal.timeout(LIMIT_MS),
  });
}
