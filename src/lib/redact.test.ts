import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Redaction, redactor } from "./redact.ts";

const redact = (text: string, change: Partial<Redaction> = {}) =>
  redactor({ secrets: [], folders: [], user: undefined, known: [], salt: "s", ...change })(text);

describe("redaction", () => {
  test("attack: a secret is found in plain text, JSON, URLs, hex and base64, wherever it stands", () => {
    const secrets = fc.string({ minLength: 8, maxLength: 64, unit: "grapheme-ascii" }).filter((s) => s.trim() === s);
    fc.assert(
      fc.property(secrets, fc.string({ maxLength: 5 }), (secret, before) => {
        const bytes = Buffer.from(secret);
        const planted = [
          secret,
          JSON.stringify({ x: secret }),
          encodeURIComponent(secret),
          new URLSearchParams({ q: secret }).toString(),
          bytes.toString("hex"),
          bytes.toString("hex").toUpperCase(),
          bytes.toString("base64"),
          bytes.toString("base64url"),
          Buffer.from(`${before}${secret}`).toString("base64"),
        ];
        for (const text of planted) {
          const clean = redact(`line ${text} end`, { secrets: [secret] });
          expect(clean).not.toContain(secret);
          expect(clean).not.toContain(JSON.stringify(secret).slice(1, -1));
          expect(clean).not.toContain(bytes.toString("hex"));
          // Base64 that is left, decoded; a character at either end depends on what stands beside it.
          for (const word of clean.match(/[\w+/-]{4,}/g) ?? [])
            for (const from of [0, 1, 2, 3])
              expect(Buffer.from(word.slice(from), "base64").toString("latin1")).not.toContain(
                bytes.subarray(1, -1).toString("latin1"),
              );
        }
      }),
    );
  });

  test("a key in hex is found in any spelling, and its bytes in base64", () => {
    const key = "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a";
    const forms = [key, `0x${key}`, key.toUpperCase(), Buffer.from(key, "hex").toString("base64")];
    for (const form of forms) expect(redact(`a ${form} b`, { secrets: [`0x${key}`, key] })).not.toContain(form);
  });

  test.each([
    ["a key file", "x\n-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\ny", "x\n***\ny"],
    ["half of one", "-----BEGIN EC PRIVATE KEY-----\nMIGH", "***"],
    ["an nsec", "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5", "***"],
    [
      "what a name gives away",
      `{"apiKey":"sk-1","n":1} password=hunter2; token: abc`,
      `{"apiKey":"***","n":1} password=***; token: ***`,
    ],
    [
      "also in JSON within JSON",
      String.raw`{"said":"{\"api_key\":\"sk-1 \\\"2\",\"max\":1}"} {\\\"token\\\":\\\"a b\\\"}`,
      String.raw`{"said":"{\"api_key\":\"***\",\"max\":1}"} {\\\"token\\\":\\\"***\\\"}`,
    ],
    ["with a quote in it", String.raw`password="a\"b" 1`, `password="***" 1`],
    ["cut off", String.raw`"said":"{\"api_key\":\"sk-1…"`, String.raw`"said":"{\"api_key\":\"***"`],
    ["counts in it stay", String.raw`{\"promptTokens\":17}`, String.raw`{\"promptTokens\":17}`],
    ["but no counts", `{"promptTokens":17,"tokens": null}`, `{"promptTokens":17,"tokens": null}`],
    ["headers", "Authorization: Bearer abcdef123", "Authorization: ***"],
    ["a bearer anywhere", "sent Bearer abcdef123", "sent Bearer ***"],
    ["URLs, down to the host", "https://u:p@rpc.example:8545/v2/KEY?x=1 ok", "https://rpc.example:8545/*** ok"],
    ["a URL without anything", "http://127.0.0.1:8000 ok", "http://127.0.0.1:8000 ok"],
    ["a store", "redis://:pw@redis.lan:6379/0", "redis://redis.lan:6379/***"],
    ["public IPv4", "from 203.0.113.9:4711", "from 203.0.*.*:4711"],
    [
      "private addresses stay",
      "10.1.2.3 127.0.0.1 0.0.0.0 192.168.1.1 ::1",
      "10.1.2.3 127.0.0.1 0.0.0.0 192.168.1.1 ::1",
    ],
    ["public IPv6", "[2001:db8:1:2::5]:443", "[2001:db8:*]:443"],
    ["times are none", "16:44:08 2026-11-26T16:44:08.123Z", "16:44:08 2026-11-26T16:44:08.123Z"],
  ])("%s", (_, text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  test("home, folder and user", () => {
    const folders = [
      ["/home/kim/.fxn", "<home>"],
      ["/home/kim", "~"],
    ] as const;
    const said = redact("/home/kim/.fxn/a /home/kim/b kim skim", { folders, user: "kim" });
    expect(said).toBe("<home>/a ~/b <user> skim");
  });

  test("who is who can be told within a report, and not between two; what is public stays", () => {
    const address = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
    const own = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    const text = `${address} ${address.toLowerCase()} ${own}`;
    const [first, second, third] = redact(text, { known: [own.toLowerCase()] }).split(/ (?=<|0x)/);
    expect(first).toMatch(/^<address [0-9a-f]{8}>$/);
    expect([second, third]).toEqual([first, own]);
    expect(redact(text, { salt: "another" })).not.toContain(first ?? "?");
    const hash = `0x${"ab".repeat(32)}`;
    expect(redact(`${hash} ${"ab".repeat(32)}`)).toMatch(/^<hash (\w{8})> <hash \1>$/);
  });
});
