// Rehearses the door: the public URL lives, and lets in nobody who is not known.
import type { HttpClient } from "../lib/http-client.ts";
import { type Check, fail, pass, skipped } from "./check.ts";
import { SignedClient } from "./signed-client.ts";

/** @param http also for the public URL; the key is the rehearsal's own, which only its private listener knows */
export function doorCheck(http: HttpClient): Check {
  return {
    name: "public door",
    async run({ client, publicUrl, signal }) {
      if (publicUrl === undefined) return skipped("no URL was given");
      const door = new SignedClient(publicUrl, client.signer, http);
      const health = await door.ask("/health", undefined, signal);
      if (health.status !== 200) return fail(`${publicUrl}/health answers ${health.status}`);
      if (publicUrl === client.url) return pass(`alive, answers in ${health.ms.toFixed(0)} ms`);
      const { status, text } = await door.ask("/v1/models", undefined, signal);
      if (status !== 401 || !text.includes("caller_not_authorized"))
        return fail(`a stranger is answered ${status}, not 401`);
      return pass(`alive, answers in ${health.ms.toFixed(0)} ms, and refuses a stranger`);
    },
  };
}
