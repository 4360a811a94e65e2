import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import type { Fetch } from "../../lib/fetch.ts";
import { measureSkew } from "./clock.ts";

const NOW = 1_750_000_000_000;
const { signal } = new AbortController();

/** By URL: how far its Date header is from ours, and how old its latest block is; undefined for none. */
function world(servers: Readonly<Record<string, { date?: number; block?: number; body?: string } | undefined>>) {
  const fetch: Fetch = async (url, { method }) => {
    const server = servers[url];
    if (!server) throw new Error("refused");
    // In the middle of its second, as the header has whole ones.
    const date = server.date === undefined ? undefined : new Date(NOW + server.date).toUTCString();
    const timestamp = `0x${Math.round((NOW - (server.block ?? 0)) / 1000).toString(16)}`;
    const block = server.block === undefined ? {} : { result: { timestamp } };
    const body = server.body ?? (method === "POST" ? JSON.stringify(block) : "");
    return { status: 200, headers: new Headers(date ? { date } : {}), body: new TextEncoder().encode(body) };
  };
  return { fetch, clock: new FakeClock(NOW + 500) };
}

const skew = (rpcs: Parameters<typeof world>[0], servers: Parameters<typeof world>[0] = {}) =>
  measureSkew({ rpcs: Object.keys(rpcs), servers: Object.keys(servers) }, world({ ...rpcs, ...servers }), signal);

describe("how far this clock is from the world's", () => {
  test("by Date headers: the middle one, so that one that is wrong decides nothing", async () => {
    expect(await skew({ "http://a": { date: 0 } })).toEqual({ aheadMs: 0, sources: 1 });
    expect(await skew({ "http://a": { date: -60_000 } })).toEqual({ aheadMs: 60_000, sources: 1 });
    const three = { "http://a": { date: 0 }, "http://b": { date: 3_600_000 }, "http://c": { date: 1000 } };
    expect(await skew(three)).toEqual({ aheadMs: -1000, sources: 3 });
  });

  test("model servers count as RPCs do", async () => {
    expect(await skew({}, { "http://m": { date: 90_000 } })).toEqual({ aheadMs: -90_000, sources: 1 });
  });

  test("a block of the future says that this clock is behind; an old one says nothing", async () => {
    expect(await skew({ "http://a": { block: -600_000 } })).toEqual({ aheadMs: -599_500, sources: 1 });
    expect(await skew({ "http://a": { date: 0, block: -600_000 } })).toEqual({ aheadMs: -599_500, sources: 1 });
    expect(await skew({ "http://a": { date: 0, block: 600_000 } })).toEqual({ aheadMs: 0, sources: 1 });
    expect(await skew({ "http://a": { block: 600_000 } })).toBeUndefined();
  });

  test("nobody tells the time: no answer, no header, no block, nonsense", async () => {
    expect(await skew({ "http://a": undefined })).toBeUndefined();
    for (const body of [
      "",
      "null",
      "<html>",
      `{"result":{"timestamp":"soon"}}`,
      `{"result":{"timestamp":"0xffffffffffffffff"}}`,
    ])
      expect(await skew({ "http://a": { body } })).toBeUndefined();
  });
});
