// The attacks that a node meets, each by name, against the compiled binary.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { json } from "../fakes/model-server.ts";
import { rawHttp } from "../fakes/raw-http.ts";
import { signedHeaders } from "../sandbox/gateway.ts";
import { account, CHAT, chatBody, openWorld, outcome, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld({
    config: { limits: { bodyTimeout: "500ms", openaiBody: "1MB", challengeBody: "2MB", bufferedBodies: "5MB" } },
  });
});
afterAll(() => world.close());

const now = () => Math.floor(Date.now() / 1000);
const port = () => Number(new URL(world.node.url).port);

async function signedHead(body: string, path = CHAT, as: "gateway" | "scheduler" = "gateway"): Promise<string> {
  const headers = await signedHeaders(account(as), body);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\n${lines.join("")}`;
}

describe("signed requests", () => {
  test("replay: the same request again is refused", async () => {
    const moment = { nonce: "replayed", timestamp: now() };
    expect(await outcome(await world.send(CHAT, chatBody(), moment))).toBe("200");
    expect(await outcome(await world.send(CHAT, chatBody(), moment))).toBe("401 nonce_replayed");
  });

  test("replay in a race: of twenty copies sent at once exactly one passes", async () => {
    const before = world.model.calls.length;
    const moment = { nonce: "raced", timestamp: now() };
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async () => outcome(await world.send(CHAT, chatBody(), moment))),
    );
    expect(outcomes.filter((text) => text === "200").length).toBe(1);
    expect(outcomes.filter((text) => text === "401 nonce_replayed").length).toBe(19);
    expect(world.model.calls.length - before).toBe(1);
  });

  test("stale and future timestamps are refused, correctly signed", async () => {
    expect(await outcome(await world.send(CHAT, chatBody(), { timestamp: now() - 320 }))).toBe("401 timestamp_too_old");
    expect(await outcome(await world.send(CHAT, chatBody(), { timestamp: now() + 320 }))).toBe(
      "401 timestamp_in_future",
    );
    expect(await outcome(await world.send(CHAT, chatBody(), { timestamp: now() - 280 }))).toBe("200");
  });

  test("tampered body, timestamp and nonce are refused", async () => {
    const alter = (name: string, value: string) => (headers: Record<string, string>) => ({ ...headers, [name]: value });
    for (const change of [
      { alterBody: (body: string) => body.replace("Hello!", "Hello?") },
      { alterHeaders: alter("X-Timestamp", String(now() - 1)) },
      { alterHeaders: alter("X-Nonce", "another") },
      { alterHeaders: alter("X-Address", account("scheduler").address) },
    ]) {
      expect(await outcome(await world.send(CHAT, chatBody(), change))).toBe("401 invalid_signature");
    }
  });

  test("malleated signature: high s is refused, and the untouched one still passes", async () => {
    const malleate = (headers: Record<string, string>) => {
      const signature = headers["X-Signature"]!.replace("0x", "");
      const s = (secp256k1.Point.Fn.ORDER - BigInt(`0x${signature.slice(64, 128)}`)).toString(16).padStart(64, "0");
      const v = signature.endsWith("1b") ? "1c" : "1b";
      return { ...headers, "X-Signature": signature.slice(0, 64) + s + v };
    };
    const moment = { nonce: "malleated", timestamp: now() };
    const twin = await world.send(CHAT, chatBody(), { ...moment, alterHeaders: malleate });
    expect(await outcome(twin)).toBe("401 invalid_signature");
    expect(await outcome(await world.send(CHAT, chatBody(), moment))).toBe("200");
  });

  test("a stranger, a signature that is no hex, one that is too short, and none", async () => {
    expect(await outcome(await world.send(CHAT, chatBody(), { as: "stranger" }))).toBe("401 caller_not_authorized");
    const signature = (value: string) => (headers: Record<string, string>) => ({ ...headers, "X-Signature": value });
    expect(await outcome(await world.send(CHAT, chatBody(), { alterHeaders: signature("zz") }))).toBe(
      "400 signature_not_hex",
    );
    expect(await outcome(await world.send(CHAT, chatBody(), { alterHeaders: signature("ab".repeat(64)) }))).toBe(
      "401 signature_length",
    );
    expect(await outcome(await fetch(`${world.node.url}${CHAT}`, { method: "POST", body: "{}" }))).toBe(
      "401 missing_address",
    );
  });

  test("role confusion: a gateway may not challenge, the scheduler may do both", async () => {
    const challenge = { type: "IDENTITY", payload: {} };
    expect(await outcome(await world.send("/challenge", challenge))).toBe("401 caller_not_authorized");
    expect((await world.send("/challenge", challenge, { as: "scheduler" })).status).toBe(200);
    expect((await world.send("/challenge", { type: "IDENTITY" }, { as: "scheduler" })).status).toBe(200);
    expect((await world.send(CHAT, chatBody(), { as: "scheduler" })).status).toBe(200);
  });
});

describe("bodies", () => {
  test("oversized body: refused by its length, before it is sent", async () => {
    const answer = await rawHttp(port(), [`${await signedHead("")}Content-Length: ${1024 ** 2 + 1}\r\n\r\n`], 500);
    expect(answer.text).toStartWith("HTTP/1.1 413");
    expect(answer.text).toContain(`"code":"body_too_large"`);
  });

  test("oversized chunked body: refused when the count passes the limit, and not forwarded", async () => {
    const before = world.model.calls.length;
    const chunk = `${(300_000).toString(16)}\r\n${"x".repeat(300_000)}\r\n`;
    const answer = await rawHttp(
      port(),
      [`${await signedHead("")}Transfer-Encoding: chunked\r\n\r\n`, chunk, chunk, chunk, chunk],
      800,
    );
    expect(answer.text).toStartWith("HTTP/1.1 413");
    expect(world.model.calls.length).toBe(before);
  });

  test("the challenge route has a limit of its own", async () => {
    const head = await signedHead("", "/challenge", "scheduler");
    const answer = await rawHttp(port(), [`${head}Content-Length: ${2 * 1024 ** 2 + 1}\r\n\r\n`], 500);
    expect(answer.text).toStartWith("HTTP/1.1 413");
    expect(
      (await world.send("/challenge", { type: "IDENTITY", payload: "x".repeat(1.5 * 1024 ** 2) }, { as: "scheduler" }))
        .status,
    ).toBe(200);
  });

  test("a stranger's body is not read: refused by the headers alone", async () => {
    const answer = await rawHttp(
      port(),
      [`POST ${CHAT} HTTP/1.1\r\nHost: node\r\nX-Address: 0x${"12".repeat(20)}\r\nContent-Length: 500000\r\n\r\n`],
      500,
    );
    expect(answer.text).toStartWith("HTTP/1.1 401");
  });

  test("slow body: refused after its time, though it never stops trickling", async () => {
    const trickle = Array.from({ length: 12 }, () => ["x", 80]).flat();
    const answer = await rawHttp(port(), [`${await signedHead("")}Content-Length: 1000\r\n\r\n`, ...trickle], 300);
    expect(answer.text).toStartWith("HTTP/1.1 408");
  });

  test("held-open bodies: who opens many and lets them trickle keeps nobody out, and the memory has its limit", async () => {
    const held = Array.from({ length: 12 }, async () =>
      rawHttp(port(), [`${await signedHead("")}Content-Length: 900000\r\n\r\n`, "x".repeat(800_000)], 1500),
    );
    await Bun.sleep(150);
    expect(await outcome(await world.send(CHAT, chatBody()))).toBe("200");
    const answers = await Promise.all(held);
    expect(answers.some(({ text }) => text.startsWith("HTTP/1.1 503"))).toBeTrue();
  });

  test("smuggled transfer-encoding: refused, the connection closed, nothing forwarded", async () => {
    const before = world.model.calls.length;
    const body = JSON.stringify(chatBody());
    const inner = `POST ${CHAT} HTTP/1.1\r\nHost: node\r\nContent-Length: 0\r\n\r\n`;
    for (const framing of [
      `Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n`,
      `Transfer-Encoding: chunked\r\nContent-Length: ${body.length}\r\n`,
      "Transfer-Encoding: xchunked\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
      `Content-Length: ${body.length}\r\nContent-Length: 0\r\n`,
    ]) {
      const answer = await rawHttp(port(), [`${await signedHead(body)}${framing}\r\n0\r\n\r\n${inner}`], 300);
      expect(answer.text).toStartWith("HTTP/1.1 400");
      expect(answer.closed).toBeTrue();
      expect(answer.text.match(/HTTP\/1\.1/g)?.length).toBe(1);
    }
    expect(world.model.calls.length).toBe(before);
  });
});

describe("what passes through", () => {
  test("header leak: the model server sees nothing of who called, the caller nothing of the server's own", async () => {
    world.model.behave = (received, response) =>
      json({ echo: received.headers }, 200, { "set-cookie": "s=1", server: "secret/1", "x-internal": "1" })(
        received,
        response,
      );
    const smuggled = {
      authorization: "Bearer canary-token",
      cookie: "session=canary-cookie",
      "x-forwarded-for": "10.9.8.7",
      "x-api-key": "canary-key",
      forwarded: "for=10.9.8.7",
    };
    const response = await world.send(CHAT, chatBody(), { alterHeaders: (headers) => ({ ...headers, ...smuggled }) });
    const { echo }: { echo: Record<string, string> } = JSON.parse(await response.text());
    expect(Object.keys(echo).sort()).toEqual([
      "accept",
      "accept-encoding",
      "connection",
      "content-length",
      "content-type",
      "host",
      "user-agent",
      "x-request-id",
    ]);
    expect(JSON.stringify(echo)).not.toContain("canary");
    for (const name of ["set-cookie", "server", "x-internal"]) expect(response.headers.get(name)).toBeNull();
    world.model.behave = (received, answer) => json({ ok: true })(received, answer);
  });

  test(`a prompt that contains "model":"x" reaches the model server to the letter`, async () => {
    const prompt = `say "model":"x" and {"model": "y"}, \\"model\\":\\"z\\"`;
    const body = `{"messages":[{"role":"user","content":${JSON.stringify(prompt)}}],"big":12345678901234567890,"model" : "small","nested":{"model":"keep"},"tools":[{"type":"function"}]}`;
    await (await world.send(CHAT, body)).text();
    const sent = world.model.calls.at(-1)?.body.toString();
    expect(sent).toBe(body.replace(`"model" : "small"`, `"model" : "tiny"`));
  });
});
