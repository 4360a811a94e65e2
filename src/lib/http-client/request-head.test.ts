import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { HttpRequest } from "../http-client.ts";
import { HttpRequestError } from "../http-error.ts";
import { requestBytes, requestHead } from "./request-head.ts";
import { Targets } from "./target.ts";

const targets = new Targets();

function head(more: Partial<HttpRequest> = {}, keep = true): string {
  const request: HttpRequest = {
    method: "POST",
    url: "http://h/p?q=1",
    headers: {},
    body: Buffer.from("abc"),
    signal: new AbortController().signal,
    firstByteTimeoutMs: 1,
    idleTimeoutMs: 1,
    ...more,
  };
  return requestHead(request, targets.of(request.url), keep);
}

test("line, host, headers, length, and whether the connection is kept", () => {
  expect(head({ headers: { "X-A": "b", "content-type": "t" } })).toBe(
    "POST /p?q=1 HTTP/1.1\r\nHost: h\r\nX-A: b\r\ncontent-type: t\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\n",
  );
  expect(head({ method: "GET", body: undefined }, false)).toBe(
    "GET /p?q=1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
  );
  expect(head({ body: undefined })).toContain("Content-Length: 0\r\n");
});

test("what frames the message cannot be given", () => {
  const own = { "content-length": "9", "Transfer-Encoding": "chunked", HOST: "evil", connection: "upgrade" };
  expect(head({ headers: own })).toBe(head());
});

test("the URL's user and password become Authorization, unless there is one", () => {
  const url = "http://us%65r:p%40ss@h/p";
  expect(head({ url })).toContain(`Authorization: Basic ${btoa("user:p@ss")}\r\n`);
  expect(head({ url, headers: { authorization: "Bearer t" } })).not.toContain("Basic");
});

describe("attack: request splitting", () => {
  test("whatever a header or a method is, it makes one head or none", () => {
    const any = fc.string({ unit: "binary", maxLength: 20 });
    const evil = fc
      .tuple(any, fc.constantFrom("\r\n", "\n", "\r", "\0", "\r\n\r\nGET / HTTP/1.1"), any)
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(any, evil), fc.oneof(any, evil), fc.oneof(any, evil), (method, name, value) => {
        let written: string;
        try {
          written = head({ method, headers: { [name]: value } });
        } catch (error) {
          expect(error).toBeInstanceOf(HttpRequestError);
          return;
        }
        const lines = written.split("\r\n");
        expect(lines.length).toBeLessThanOrEqual(7);
        expect(lines.indexOf("")).toBe(lines.length - 2);
        expect(lines.every((line) => !/[\r\n\0]/.test(line))).toBeTrue();
      }),
      { numRuns: 2000 },
    );
  });

  test("a URL with line ends, blanks or NUL is refused, where the URL parser would drop or encode them", () => {
    for (const bad of [
      "http://h/a\r\nb",
      "http://h/a\nb",
      "http://h/a b",
      "http://h/\0",
      " http://h/",
      "http://h\t/",
    ]) {
      expect(() => head({ url: bad })).toThrow(HttpRequestError);
    }
  });
});

test("a small body is in one piece with its head, a large one is not copied", () => {
  expect(requestBytes("head", undefined).length).toBe(1);
  expect(Buffer.concat(requestBytes("é", Buffer.from("abc"))).toString("latin1")).toBe("éabc");
  const large = Buffer.alloc(20_000);
  expect(requestBytes("head", large)[1]).toBe(large);
});

test("where a request goes", () => {
  const of = (url: string) => {
    const { origin, path } = targets.of(url);
    return [origin.key, origin.hostname, origin.port, origin.host, path];
  };
  expect(of("http://h")).toEqual(["http://h", "h", 80, "h", "/"]);
  expect(of("https://H:443/a?b#c")).toEqual(["https://h", "h", 443, "h", "/a?b"]);
  expect(of("http://[::1]:8080/é")).toEqual(["http://[::1]:8080", "::1", 8080, "[::1]:8080", "/%C3%A9"]);
  for (const bad of ["ftp://h/", "h/p", "", "http://"]) expect(() => targets.of(bad)).toThrow(HttpRequestError);
});
