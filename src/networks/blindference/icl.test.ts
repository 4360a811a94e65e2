// The way to the ICL: what is sent, how failures are told apart, and that nothing goes out in the clear.
import { expect, test } from "bun:test";
import { recoverMessageAddress } from "viem";
import { z } from "zod";
import { accountOf, TEST_KEY } from "../../../test/fakes/blindference-account.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { type Fetch, FetchError, type FetchOptions } from "../../lib/fetch.ts";
import { Icl } from "./icl.ts";

const account = accountOf(TEST_KEY);
const reply = (status: number, text: string) => ({
  status,
  headers: new Headers(),
  body: new Uint8Array(Buffer.from(text)),
});

function icl(answers: (() => Awaited<ReturnType<Fetch>>)[]) {
  const clock = new FakeClock();
  const sent: { url: string; options: FetchOptions; at: number }[] = [];
  const fetch: Fetch = async (url, options) => {
    sent.push({ url, options, at: clock.now() });
    const answer = answers.shift();
    if (!answer) throw new FetchError("fetch_failed", 502, "icl.test: connection refused");
    return answer();
  };
  return { clock, sent, icl: new Icl("https://icl.test/base/", { fetch, account, clock }) };
}

const caught = async (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

test("a lost answer is asked for once more, after a second, with a new time and signature", async () => {
  const {
    icl: way,
    sent,
    clock,
  } = icl([
    () => {
      throw new FetchError("fetch_timeout", 504, "icl.test: no answer");
    },
    () => reply(200, "{}"),
  ]);
  const asked = way.post("/internal/heartbeat", { é: 1 }, z.object({}));
  await clock.advance(0);
  await clock.advance(1000);
  await asked;
  expect(sent.map(({ url }) => url)).toEqual(Array(2).fill("https://icl.test/base/internal/heartbeat"));
  expect((sent[1]?.at ?? 0) - (sent[0]?.at ?? 0)).toBe(1000);
  for (const { options, at } of sent) {
    const headers = new Headers(options.headers);
    expect(headers.get("x-timestamp")).toBe(String(Math.floor(at / 1000)));
    expect(headers.get("x-node-address")).toBe("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    const signature = headers.get("x-signature") ?? "";
    const message = `${options.body}${headers.get("x-timestamp")}`;
    expect(await recoverMessageAddress({ message, signature: `0x${signature.slice(2)}` })).toBe(
      "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
    );
    expect(options.timeoutMs).toBe(15_000);
  }
});

test("two failures are a failure, and a refusal is not asked for again", async () => {
  const { icl: way, sent, clock } = icl([]);
  const asked = caught(way.get("/internal/x", z.object({})));
  await clock.advance(0);
  await clock.advance(1000);
  expect(await asked).toMatchObject({ code: "icl_unsure", answered: undefined });
  expect(sent).toHaveLength(2);
  const no = icl([() => reply(400, '{"detail":"verifier verdict must be CONFIRM or REJECT"}')]);
  expect(await caught(no.icl.post("/x", {}, z.object({})))).toMatchObject({
    code: "icl_refused",
    message: "/x: icl.test said: verifier verdict must be CONFIRM or REJECT",
  });
  expect(no.sent).toHaveLength(1);
});

test.each([
  [401, "icl_node_unknown"],
  [404, "icl_node_unknown"],
  [422, "icl_refused"],
  [429, "icl_unsure"],
  [500, "icl_unsure"],
])("status %d is %s", async (status, code) => {
  const { icl: way } = icl([() => reply(status, '{"detail":[{"msg":"odd\\u001b[31m","loc":["body"]}]}')]);
  const error = await caught(way.get("/internal/x", z.object({})));
  expect(error).toMatchObject({ code, message: "/internal/x: icl.test said: odd [31m" });
});

test("404 about a job is not about the node", async () => {
  const { icl: way } = icl([() => reply(404, '{"detail":"task not found"}')]);
  expect(await caught(way.get("/internal/jobs/x/status", z.object({}), { expects: [404] }))).toMatchObject({
    code: "icl_refused",
  });
});

test("an answer of another form, or none of JSON, is no answer", async () => {
  for (const text of ["[]", "<html>", ""]) {
    const { icl: way } = icl([() => reply(200, text)]);
    expect(await caught(way.get("/x", z.object({ a: z.string() })))).toMatchObject({ code: "icl_unsure" });
  }
});

test.each(["http://icl.example", "ftp://icl.example", "https://a:b@icl.example", "https://icl.example?x=1", "icl"])(
  "%s is refused",
  (url) => {
    const ports = { fetch: async () => reply(200, "{}"), account, clock: new FakeClock() };
    expect(() => new Icl(url, ports)).toThrow("the URL");
  },
);

test.each(["http://127.0.0.1:8000", "http://localhost:1", "http://[::1]:2", "https://icl.example/"])(
  "%s is taken",
  (url) => {
    const ports = { fetch: async () => reply(200, "{}"), account, clock: new FakeClock() };
    expect(new Icl(url, ports).host).toBe(new URL(url).host);
  },
);
