import { expect, test } from "bun:test";
import fc from "fast-check";
import { allowedOrigin } from "./allowed-origin.ts";

const LIST = ["http://host", "https://api.example:8443/v1"];

test("the same scheme, host and port, whatever the path, the case or the spelling of the port", () => {
  for (const url of [
    "http://host",
    "http://host/",
    "http://HOST:80/infer?x=1#y",
    "HTTP://host/http://evil",
    "https://api.example:8443",
    "https://API.example:8443/other",
  ]) {
    expect([url, allowedOrigin(url, LIST)]).toEqual([url, true]);
  }
});

test.each([
  ["another host that begins alike", "http://host.evil"],
  ["a host in front", "http://evil.host"],
  ["a user that looks like the host", "http://host@evil"],
  ["a user and a password", "http://host:80@evil/"],
  ["a user at the host itself", "http://user@host/"],
  ["a backslash", "http://host\\@evil/"],
  ["a line break", "http://ho\nst/"],
  ["a space in front", " http://host/"],
  ["another port", "http://host:8080"],
  ["the port of the other scheme", "http://host:443"],
  ["another scheme", "https://host"],
  ["a scheme that is not the web's", "file://host/etc/passwd"],
  ["a blob of that origin", "blob:http://host/x"],
  ["a dot at the end, which is another name", "http://host./"],
  ["no scheme", "host"],
  ["no host", "http://"],
  ["nothing", ""],
])("%s is not allowed", (_name, url) => {
  expect(allowedOrigin(url, LIST)).toBe(false);
});

test("an empty list, and entries that are no URLs, allow nothing", () => {
  for (const list of [[], [""], ["*"], ["host"], ["http://user@host"], ["null"], ["file:///"]]) {
    expect(allowedOrigin("http://host/", list)).toBe(false);
    expect(allowedOrigin("data:text/plain,x", list)).toBe(false);
  }
});

test("whatever is put behind an allowed URL's host name, it is allowed only as a path, a query or a fragment", () => {
  fc.assert(
    fc.property(fc.string(), (tail) => {
      const url = `http://host${tail}`;
      if (!allowedOrigin(url, LIST)) return;
      expect(new URL(url).hostname).toBe("host");
      expect(new URL(url).port).toBe("");
    }),
  );
});
