// ENDPOINT_REACHABLE: whether a GET of the scheduler's URL is answered 2xx from here; the answer says no more than that.
import { z } from "zod";
import { type Challenger, INLINE_BYTES } from "./challenger.ts";

const MAX_URL_LENGTH = 2048;

export const endpointReachable: Challenger<string, { reachable: boolean }> = {
  type: "ENDPOINT_REACHABLE",
  summary: "whether a public URL answers 2xx",
  input: z
    .string("expected a URL, as a string")
    .max(MAX_URL_LENGTH, `expected a URL of at most ${MAX_URL_LENGTH} characters`)
    .refine(isHttpUrl, "expected a URL that starts with http:// or https://, without user and password"),
  // Longer than the five seconds that reaching takes at most: an endpoint that is silent is an answer, no failure.
  limits: { timeoutMs: 6000, concurrent: 4, bodyBytes: INLINE_BYTES },
  run: async (url, { reachable }, signal) => ({ reachable: await reachable(url, signal) }),
};

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === "http:" || protocol === "https:") && username === "" && password === "";
}
