// A proxy's address is a number: looking up its name would be the first thing that goes past it.
import { expect, test } from "bun:test";
import { proxyAddress } from "./net-fields.ts";

test.each([
  ["127.0.0.1:9050", { host: "127.0.0.1", port: 9050 }],
  ["[::1]:9050", { host: "::1", port: 9050 }],
])("%s is a proxy", (text, value) => {
  expect(proxyAddress.parse(text)).toEqual(value);
  expect(proxyAddress.encode(value)).toBe(text);
});

test.each(["localhost:9050", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "::1:9050", "socks5://127.0.0.1:9050"])(
  "%s is none",
  (text) => {
    expect(proxyAddress.safeParse(text).success).toBeFalse();
  },
);
