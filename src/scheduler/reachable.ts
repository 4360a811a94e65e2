// Rehearses ENDPOINT_REACHABLE: whether the node finds its own public URL reachable.
import { z } from "zod";
import { hostOf } from "../lib/http-head.ts";
import { isPublicAddress } from "../lib/public-address.ts";
import { type Check, fail, pass, skipped } from "./check.ts";

const answer = z.object({ reachable: z.boolean() });

export const reachableCheck: Check = {
  name: "ENDPOINT_REACHABLE",
  async run({ client, publicUrl, signal }) {
    const url = `${publicUrl ?? client.url}/health`;
    const challenge = { type: "ENDPOINT_REACHABLE", payload: url };
    const { reachable } = await client.json("/challenge", challenge, answer, signal);
    if (reachable) return pass(`${url} answers 2xx`);
    // Right for such a URL: a node must not be led into private networks.
    return isPrivate(url)
      ? skipped(`answered, but ${url} is no public URL`)
      : fail(`${url} does not answer 2xx from the node`);
  },
};

function isPrivate(url: string): boolean {
  const host = hostOf(new URL(url));
  const literal = /^[\d.]+$/.test(host) || host.includes(":");
  return host === "localhost" || (literal && !isPublicAddress(host));
}
