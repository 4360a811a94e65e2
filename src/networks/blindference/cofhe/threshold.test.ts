// The threshold network's answers in every form that its SDK knows, and what is made of its refusals.
import { expect, test } from "bun:test";
import { accountOf, TEST_KEY } from "../../../../test/fakes/blindference-account.ts";
import { FakeClock } from "../../../../test/fakes/clock.ts";
import type { Fetch } from "../../../lib/fetch.ts";
import { CONTRACTS } from "../contracts/addresses.ts";
import { selfPermission } from "./permit.ts";
import { sealOutput } from "./threshold.ts";

const domain = { name: "ACL", version: "1", chainId: 421_614, verifyingContract: CONTRACTS.taskManager };
const permission = selfPermission(accountOf(TEST_KEY), domain, new Uint8Array(32), 2_000_000_000);
const BOX = { data: [1, 2], public_key: [3], nonce: [4] };
const sealed = { data: Uint8Array.of(1, 2), publicKey: Uint8Array.of(3), nonce: Uint8Array.of(4) };

async function ask(...answers: readonly (readonly [status: number, json?: unknown])[]) {
  const clock = new FakeClock();
  const asked: { url: string; body: unknown; at: number }[] = [];
  const fetch: Fetch = async (url, { body }) => {
    const [status, json] = answers[Math.min(asked.length, answers.length - 1)] ?? [500];
    asked.push({ url, body: body === undefined ? undefined : JSON.parse(String(body)), at: clock.monotonic() });
    const text = json === undefined ? "" : JSON.stringify(json);
    return { status, headers: new Headers(), body: new Uint8Array(Buffer.from(text)) };
  };
  const signal = new AbortController().signal;
  const work = sealOutput("https://tn.test", 0x1234n, permission, { fetch, clock }, signal).catch(
    (error: Error) => error.message,
  );
  let ended = false;
  void work.then(() => {
    ended = true;
  });
  for (let i = 0; i < 1000 && !ended; i++) await clock.advance(1000);
  return { result: await work, asked };
}

test("the handle goes without 0x and with all of its digits, for this chain", async () => {
  const { result, asked } = await ask([200, { sealed: BOX }]);
  expect(result).toEqual(sealed);
  expect(asked.map(({ url }) => url)).toEqual(["https://tn.test/v2/sealoutput"]);
  expect(asked[0]?.body).toEqual({ ct_tempkey: "1234".padStart(64, "0"), host_chain_id: 421_614, permit: permission });
});

test("the flat form at once, and the form with a request that is asked for again", async () => {
  const flat = { sealed_data: BOX.data, ephemeral_public_key: BOX.public_key, nonce: BOX.nonce };
  expect((await ask([200, flat])).result).toEqual(sealed);
  const { result, asked } = await ask(
    [204],
    [204],
    [200, { request_id: "r-1" }],
    [200, { status: "PROCESSING" }],
    [200, { status: "COMPLETED", is_succeed: true, sealed: BOX }],
  );
  expect(result).toEqual(sealed);
  expect(asked.map(({ url }) => url.replace("https://tn.test/v2/sealoutput", ""))).toEqual([
    "",
    "",
    "",
    "/r-1",
    "/r-1",
  ]);
  const [, second = 0, ...rest] = asked.map(({ at }) => at);
  expect(rest.map((at) => at - second)).toEqual([1000, 2000, 3000]);
});

test.each([
  [[403], "this node was not given access"],
  [[500], "answered 500"],
  [[200, {}], "not as it should be"],
  [[200, { request_id: "../../x" }], "not as it should be"],
  [[200, { sealed: { ...BOX, data: [256] } }], "not as it should be"],
  [[204], "has not computed the number in five minutes"],
] as const)("%p: %s", async (answer, why) => {
  expect((await ask(answer)).result).toContain(why);
});

test("a request that failed says why, and one that goes on for five minutes is given up; the waits grow", async () => {
  const failed = [200, { status: "COMPLETED", is_succeed: false, error_message: "no\u001bsuch" }] as const;
  expect((await ask([200, { request_id: "1" }], failed)).result).toBe("CoFHE's threshold network failed: no such");
  const { result, asked } = await ask([200, { request_id: "1" }], [200, { status: "PROCESSING" }]);
  expect(result).toContain("five minutes");
  expect((asked.at(-1)?.at ?? 0) - (asked.at(-2)?.at ?? 0)).toBeGreaterThanOrEqual(5000);
});
