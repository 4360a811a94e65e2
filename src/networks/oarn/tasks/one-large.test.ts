import { expect, test } from "bun:test";
import { IpfsError } from "../../../ipfs/errors.ts";
import type { Ipfs } from "../../../ipfs/ipfs.ts";
import { oneLargeAtATime } from "./one-large.ts";

const GB = 1024 ** 3;

/** Content of that size by its name; what is fetched in full is open until it is let go. */
function source(bytes: Record<string, number>) {
  const open: (() => void)[] = [];
  let most = 0;
  const get: Ipfs["get"] = async (cid, { maxBytes }) => {
    if ((bytes[cid] ?? 0) > maxBytes) throw new IpfsError("content_too_large", "it is too large");
    most = Math.max(most, open.length + 1);
    await new Promise<void>((resolve) => open.push(resolve));
    return new Uint8Array();
  };
  const ipfs: Ipfs = { get, add: async () => "", async canStore() {}, async pin() {}, async unpin() {} };
  return { ipfs, letGo: () => open.shift()?.(), most: () => most };
}

test("attack: many tasks that each name a model of a gigabyte: one is in memory, and small content does not wait", async () => {
  const names = ["a", "b", "c", "d"];
  const { ipfs, letGo, most } = source(Object.fromEntries(names.map((name) => [name, GB])));
  const { get } = oneLargeAtATime(ipfs);
  const want = { maxBytes: GB, signal: new AbortController().signal };
  const large = names.map((name) => get(name, want));
  for (let fetched = 0; fetched < 4; fetched++) {
    await Bun.sleep(1);
    expect(most()).toBe(1);
    letGo();
  }
  await Promise.all(large);
  const [waiting, small] = [get("a", want), get("small", want)];
  await Bun.sleep(1);
  expect(most()).toBe(2);
  letGo();
  letGo();
  await Promise.all([waiting, small]);
});

test("one that fails or is called off holds up no other", async () => {
  const { ipfs, letGo } = source({ a: GB, b: 2 * GB, c: GB });
  const { get } = oneLargeAtATime(ipfs);
  const stop = new AbortController();
  const first = get("a", { maxBytes: GB, signal: new AbortController().signal });
  await expect(get("b", { maxBytes: GB, signal: AbortSignal.timeout(20) })).rejects.toThrow();
  const called = get("c", { maxBytes: GB, signal: stop.signal });
  stop.abort(new Error("called off"));
  await expect(called).rejects.toThrow("called off");
  letGo();
  await first;
});
