// Asks the node: with the token, where one is needed, which stays in this tab alone.
import type { Activity } from "../../../core/activity.ts";

const KEY = "fxn-token";
const LIMIT_MS = 10_000;

export type Answer =
  | { readonly kind: "facts"; readonly activity: Activity }
  /** It wants a token, or another one. */
  | { readonly kind: "locked"; readonly fault: string }
  | { readonly kind: "silent"; readonly fault: string };

export async function ask(): Promise<Answer> {
  try {
    const answer = await get("/activity", sessionStorage.getItem(KEY));
    if (answer.status === 401 || answer.status === 429) {
      const wasWrong = sessionStorage.getItem(KEY) !== null;
      sessionStorage.removeItem(KEY);
      return {
        kind: "locked",
        fault: answer.status === 429 ? waitWords(answer) : wasWrong ? "That is not the token." : "",
      };
    }
    if (!answer.ok) return { kind: "silent", fault: `The node answers with an error (${answer.status}).` };
    const activity: Activity = await answer.json();
    if (activity.schema === 1) return { kind: "facts", activity };
    return { kind: "silent", fault: "The node is of another version than this page: load it again." };
  } catch {
    return { kind: "silent", fault: "The node does not answer." };
  }
}

const waitWords = (answer: Response) =>
  `Too many wrong tokens came from here: wait ${answer.headers.get("retry-after") ?? "60"} seconds.`;

export function useToken(token: string): void {
  sessionStorage.setItem(KEY, token);
}

/** The link of `fxn dashboard open` has a code that is good for the token once; it leaves the address bar at once. */
export async function useLink(): Promise<void> {
  const code = /^#link=([\w-]+)$/.exec(location.hash)?.[1];
  if (code === undefined) return;
  history.replaceState(null, "", location.pathname);
  try {
    const answer = await get("/session", code);
    const { token }: { token: string | null } = await answer.json();
    if (answer.ok && token) useToken(token);
  } catch {
    // Then it asks for the token.
  }
}

function get(path: string, token: string | null): Promise<Response> {
  return globalThis.fetch(path, {
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    credentials: "omit",
    cache: "no-store",
    redirect: "error",
    signal: AbortSignal.timeout(LIMIT_MS),
  });
}
