// Rehearses the door: the public URL lives, and lets in nobody who is not known.
import type { Signer } from "../keys/signer.ts";
import type { HttpClient } from "../lib/http-client.ts";
import { type Check, fail, pass, skipped } from "./check.ts";
import { SignedClient } from "./signed-client.ts";

/** @param http also for the public URL @param stranger a key that nobody knows */
export function doorCheck(http: HttpClient, stranger: Signer): Check {
  return {
    name: "public door",
    async run({ publicUrl, signal }) {
      if (publicUrl === undefined) return skipped("no URL was given");
      const door = new SignedClient(publicUrl, stranger, http);
      const health = await door.ask("/health", undefined, signal);
      if (health.status !== 200) return fail(`${publicUrl}/health answers ${health.status}`);
      const { status, text } = await door.ask("/v1/models", undefined, signal);
      if (status !== 401 || !text.includes("caller_not_authorized"))
        return fail(`a stranger is answered ${status}, not 401`);
      return pass(`alive, answers in ${health.ms.toFixed(0)} ms, and refuses a stranger`);
    },
  };
}
