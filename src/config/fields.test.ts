import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { z } from "zod";
import { STORE_KINDS } from "../store/shared/index.ts";
import { address, choice, duration, flag, integer, positiveNumber, secret, size, text } from "./fields.ts";
import {
  baseUrl,
  hostPort,
  httpUrl,
  ipAddress,
  isLoopback,
  listenHost,
  rpcUrl,
  storePrefix,
  storeUrl,
  urlHost,
} from "./net-fields.ts";

const A40 = "0123456789abcdefABCDEF0123456789abcdefAB";

describe("what each field kind takes and refuses", () => {
  test.each([
    [
      "integer",
      integer(0, 65_535),
      [
        [8080, 8080],
        ["8080", 8080],
        ["+1", 1],
        ["007", 7],
      ],
      ["", "1e3", "0x10", "1_000", "-1", "65536", "1.0", true, null, [], {}],
    ],
    [
      "number",
      positiveNumber,
      [
        ["1", 1],
        [0.5, 0.5],
        [".5", 0.5],
        ["1e2", 100],
      ],
      ["0", "-1", "Infinity", "NaN", ""],
    ],
    [
      "flag",
      flag,
      [
        [true, true],
        ["TRUE", true],
        ["yes", true],
        ["on", true],
        ["False", false],
        ["no", false],
        ["off", false],
      ],
      ["1", "0", "", "y"],
    ],
    [
      "text",
      text("a word", "x"),
      [
        ["x", "x"],
        [2, "2"],
        ["0123", "0123"],
      ],
      ["", "  ", null, []],
    ],
    [
      "choice",
      choice(["info", "warn"]),
      [
        ["info", "info"],
        ["INFO", "info"],
      ],
      ["", "inf", "infos"],
    ],
    [
      "duration",
      duration("0s"),
      [
        ["1m30s", 90_000],
        ["1.5h", 5_400_000],
        ["0", 0],
        [0, 0],
        ["0s", 0],
        ["100us", 0],
      ],
      ["", "90", "90 s", "-1s", "1d", "1h1", "597h"],
    ],
    [
      "duration that passes",
      duration("1ms"),
      [
        ["1ms", 1],
        ["0.6ms", 1],
      ],
      ["0", "0s", "1ns"],
    ],
    [
      "size",
      size,
      [
        ["20MB", 20 * 1024 ** 2],
        ["20 mb", 20 * 1024 ** 2],
        [10, 10],
        ["1KB", 1024],
        ["1GB", 1024 ** 3],
        ["5B", 5],
      ],
      ["0", "-1", "1.5MB", "20MiB", "M", "9999999999GB"],
    ],
    [
      "address",
      address,
      [
        [`0x${A40}`, `0x${A40.toLowerCase()}`],
        [`0X${A40}`, `0x${A40.toLowerCase()}`],
      ],
      [A40, "0x12", `0x${A40}0`, `0x${A40.slice(1)}g`],
    ],
    [
      "URL",
      httpUrl,
      [["https://ip.example/?key=1", "https://ip.example/?key=1"]],
      ["ip.example", "ftp://x", "//x", ""],
    ],
    [
      "store URL",
      storeUrl,
      STORE_KINDS.flatMap(({ schemes }) => schemes).map((scheme) => [`${scheme}://u:p@h:1/2`, `${scheme}://u:p@h:1/2`]),
      ["redis:", "redis://", "postgres:///db", "http://h", "mysql://h", "h:6379", "redis://h:port"],
    ],
    ["store prefix", storePrefix, [["fxn_2", "fxn_2"]], ["", "2fxn", "Fxn", "f-xn", "f;x", `"`, "f".repeat(33)]],
    ["RPC URL", rpcUrl, [["http://127.0.0.1:8545", "http://127.0.0.1:8545"]], ["ws://127.0.0.1", "wss://x", "x"]],
    [
      "base URL",
      baseUrl,
      [["http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"]],
      ["http://u:p@x", "http://u@x", "http://x?a=1", "http://x#a", "x:8000"],
    ],
    [
      "listen host",
      listenHost,
      [
        ["0.0.0.0", "0.0.0.0"],
        ["localhost", "localhost"],
        ["node-1.lan", "node-1.lan"],
        ["::1", "::1"],
        ["[::1]", "::1"],
        ["::", "::"],
      ],
      ["0.0.0.0:80", ":8080", "localhost:80", "http://x", "a b", "1.2.3", "256.1.1.1", "-x", ""],
    ],
    [
      "IP",
      ipAddress,
      [
        ["203.0.113.7", "203.0.113.7"],
        ["2001:db8::1", "2001:db8::1"],
        ["::ffff:127.0.0.1", "::ffff:127.0.0.1"],
      ],
      ["node.lan", "1.2.3", "203.0.113.7/24", "::ffff:1.2.3", "::g", "1::2::3"],
    ],
    [
      "host:port",
      hostPort,
      [
        ["127.0.0.1:0", { host: "127.0.0.1", port: 0 }],
        ["[::1]:9464", { host: "::1", port: 9464 }],
      ],
      ["9464", ":9464", "::1:9464", "127.0.0.1:65536", "127.0.0.1:", "[x]:1"],
    ],
    [
      "host of URLs",
      urlHost,
      [
        ["Node.LAN", "node.lan"],
        ["node.lan:8080", "node.lan:8080"],
        ["node.lan:80", "node.lan:80"],
        ["10.0.0.1", "10.0.0.1"],
        ["::1", "[::1]"],
        ["[::0001]:443", "[::1]:443"],
      ],
      [
        "",
        "http://node.lan",
        "node.lan/",
        "node.lan:",
        "node.lan:65536",
        "a b",
        "256.1.1.1",
        "127.1",
        "[x]",
        "u@node.lan",
        "*",
      ],
    ],
    ["secret", secret, [["sk-1", expect.anything()]], ["", "a b", "a\nb", "ä"]],
  ] as const)("%s", (_, kind: z.ZodType, taken, refused) => {
    for (const [input, value] of taken) expect({ input, value: kind.parse(input) }).toEqual({ input, value });
    for (const input of refused) expect({ input, ok: kind.safeParse(input).success }).toEqual({ input, ok: false });
  });

  test("what is written reads back as the same value", () => {
    const same = <T>(kind: z.ZodType<T>, values: fc.Arbitrary<T>) =>
      fc.assert(fc.property(values, (value) => expect(kind.parse(z.encode(kind, value))).toEqual(value)));
    same(duration("0s"), fc.nat(2 ** 31 - 1));
    same(size, fc.integer({ min: 1, max: 2 ** 40 }));
    same(integer(0), fc.nat());
    same(positiveNumber, fc.double({ min: 1e-300, noNaN: true, noDefaultInfinity: true }));
    same(flag, fc.boolean());
    same(
      hostPort,
      fc.record({ host: fc.oneof(fc.ipV4(), fc.constantFrom("::1", "2001:db8::7", "a.lan")), port: fc.nat(65_535) }),
    );
  });

  test("a refused secret or URL is not repeated in the message", () => {
    for (const kind of [secret, httpUrl, rpcUrl, baseUrl, storeUrl]) {
      expect(kind.safeParse("CANARY CANARY").error?.message).not.toContain("CANARY");
    }
    expect(baseUrl.safeParse("http://user:CANARY@x").error?.message).not.toContain("CANARY");
  });

  test("a secret does not print itself", () => {
    expect(`${JSON.stringify(secret.parse("sk-1"))} ${secret.parse("sk-1")}`).toBe('"***" ***');
  });

  test("loopback is what only this machine reaches", () => {
    expect(["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"].map(isLoopback)).not.toContain(false);
    expect(["0.0.0.0", "::", "10.0.0.1", "127.evil.example", "localhost.example"].map(isLoopback)).not.toContain(true);
  });
});
