import { expect, test } from "bun:test";
import { describedBy, metadataWith, nodeUrl } from "./metadata.ts";

test("a change keeps members that are not ours; what is no object is replaced", () => {
  expect(metadataWith("", { url: "https://a.example", name: undefined })).toBe('{"url":"https://a.example"}');
  const present = '{"region":"eu","url":"https://a.example","name":"Ada","x":{"y":[1]}}';
  expect(JSON.parse(metadataWith(present, { url: "https://b.example" }))).toEqual({
    ...{ region: "eu", url: "https://b.example", name: "Ada", x: { y: [1] } },
  });
  for (const broken of ["no JSON", "[1]", "7", "null"])
    expect(metadataWith(broken, { name: "Ada" })).toBe('{"name":"Ada"}');
});

test("1024 bytes fit, one more does not", () => {
  const room = 1024 - Buffer.byteLength('{"name":""}');
  expect(Buffer.byteLength(metadataWith("", { name: "n".repeat(room) }))).toBe(1024);
  expect(() => metadataWith("", { name: "n".repeat(room + 1) })).toThrow("would have 1025 bytes");
  expect(() => metadataWith("", { name: "ї".repeat(room / 2 + 1) })).toThrow("and the contract takes 1024");
});

test("whatever stands in the metadata, url and name are texts or nothing", () => {
  expect(describedBy('{"url":"https://a.example","name":"Ada"}')).toEqual({ url: "https://a.example", name: "Ada" });
  for (const odd of ["", "{", '{"url":7,"name":[]}', '["url"]'])
    expect(describedBy(odd)).toEqual({ url: undefined, name: undefined });
});

test("the address: absolute, without a password; what gateways cannot reach is doubted", () => {
  for (const fine of ["https://node.example", "https://node.example:8443/fxn", "https://8.8.8.8"])
    expect(nodeUrl(fine)).toEqual({ url: fine, doubts: [] });
  for (const near of ["localhost", "127.0.0.1", "192.168.1.7", "10.0.0.1", "[::1]", "[fd00::1]", "nas.local", "gpu"])
    expect(nodeUrl(`https://${near}/`).doubts).toEqual([expect.stringContaining("is no address of the internet")]);
  expect(nodeUrl("http://node.example").doubts).toEqual([expect.stringContaining("not encrypted")]);
  for (const [text, why] of [
    ["node.example", "no absolute"],
    ["ftp://node.example", "no absolute"],
    ["https://u:secret@node.example", "holds a user"],
    ["https://node.example/?a=b", "has a query"],
    ["https://node.example/#a", "fragment"],
  ] as const)
    expect(() => nodeUrl(text)).toThrow(why);
  expect(() => nodeUrl("https://u:secret@node.example")).not.toThrow("secret");
});
