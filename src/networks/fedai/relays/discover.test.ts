// Relays: every vector of the network, the reference's faults mended, and nothing fetched that nobody asked for.
import { describe, expect, test } from "bun:test";
import vectors from "../../../../test/vectors/fed-ai.json";
import type { Fetch } from "../../../lib/fetch.ts";
import { settings } from "../settings.ts";
import { discoverRelays } from "./discover.ts";
import { relayUrlOf } from "./url.ts";

const never = new AbortController().signal;

interface Options {
  readonly bootstrapRelays?: readonly string[];
  readonly aggregatorUrls?: readonly string[];
  readonly trustScores?: Readonly<Record<string, number | undefined>>;
  readonly minScore?: number;
  readonly maxResults?: number;
}

function discover({ bootstrapRelays, aggregatorUrls, trustScores = {}, ...more }: Options, fetch: Fetch, now: number) {
  const { relays } = settings.parse({ relays: more });
  const trust = Object.entries(trustScores).map(([url, bonus = 0]) => ({ url: relayUrlOf(url) ?? "", bonus }));
  const asked = { ...relays, bootstrap: [...(bootstrapRelays ?? [])], directories: [...(aggregatorUrls ?? [])], trust };
  return discoverRelays(asked, { fetch, now: () => now }, never);
}

function lists(payloads: Readonly<Record<string, unknown>>): Fetch {
  return async (url) => {
    if (!(url in payloads)) throw new Error("down");
    return { status: 200, headers: new Headers(), body: new Uint8Array(Buffer.from(JSON.stringify(payloads[url]))) };
  };
}

describe("vectors", () => {
  const array = vectors.relayDiscovery.find(({ name }) => name.startsWith("array under relays"));
  for (const { name, options, directoryPayloads, nowMs, expect: wanted } of vectors.relayDiscovery) {
    test(name, async () => {
      const found = await discover(options, lists(directoryPayloads), nowMs);
      // A bare array is a list like any other: the reference finds nothing in it.
      expect(found).toEqual(name.startsWith("REFERENCE BUG") ? array!.expect : wanted);
    });
  }
});

test.each([
  ["host:443", "wss://host/"],
  ["host:8080/x", "wss://host:8080/x"],
  ["https://a.example", "wss://a.example/"],
  ["HTTP://A.example", "ws://a.example/"],
  ["ftp://a.example", undefined],
  ["file:///etc/passwd", undefined],
  ["::bad::", undefined],
  ["", undefined],
])("the URL %j is %p", (text, url) => {
  expect(relayUrlOf(text)).toBe(url);
});

test("a list of nonsense, nested without end, finds nothing and breaks nothing", async () => {
  let deep: unknown = ["wss://deep.example"];
  for (let i = 0; i < 1000; i++) deep = [deep];
  for (const payload of [
    null,
    7,
    "x",
    deep,
    { relays: 7 },
    { relays: [null, 7, {}, { url: 7 }] },
    { a: { url: null } },
  ]) {
    const found = await discover({ aggregatorUrls: ["https://dir/"] }, lists({ "https://dir/": payload }), 0);
    expect(found.map(({ url }) => url).filter((url) => url !== "wss://a/")).toEqual([]);
  }
});

test("lists are asked with a limit of time and size", async () => {
  const asked: unknown[] = [];
  const fetch: Fetch = async (_, { timeoutMs, maxBytes }) => {
    asked.push({ timeoutMs, maxBytes });
    throw new Error("too large");
  };
  expect(
    await discover({ aggregatorUrls: ["https://dir/"], bootstrapRelays: ["wss://a.example"] }, fetch, 0),
  ).toHaveLength(1);
  expect(asked).toEqual([{ timeoutMs: 10_000, maxBytes: 4 * 2 ** 20 }]);
});
