import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { personalDigest, recoverAddress } from "../../../src/lib/ethereum.ts";
import { callers, sha256, writeRequests } from "./signed-requests.ts";

const folder = mkdtempSync(join(tmpdir(), "fxn-requests-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ROUTE = { port: 1234, path: "/v1/chat/completions", headers: { "x-more": "1" }, model: "tiny" };

function written(count: number, stream: boolean): string[] {
  const file = join(folder, "requests.bin");
  writeRequests(file, count, ROUTE, stream);
  const bytes = readFileSync(file);
  const requests: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32LE(at);
    requests.push(bytes.toString("utf8", at + 4, end));
    at = end;
  }
  return requests;
}

function header(request: string, name: string): string {
  return new RegExp(`^${name}: (.*)\r$`, "m").exec(request)?.[1] ?? "";
}

test("requests are whole, each with a nonce of its own, from all callers in turn", () => {
  const requests = written(20, false);
  expect(new Set(requests.map((request) => header(request, "X-Nonce"))).size).toBe(20);
  for (const [at, request] of requests.entries()) {
    const [head = "", body = ""] = request.split("\r\n\r\n");
    expect(head).toStartWith("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:1234\r\n");
    expect(header(request, "x-more")).toBe("1");
    expect(body.length).toBe(560);
    expect(header(request, "Content-Length")).toBe("560");
    expect(JSON.parse(body)).toMatchObject({ model: "tiny", stream: false });
    expect(header(request, "X-Address")).toBe(callers[at % callers.length]?.address ?? "");
  }
});

test("their signatures are those of their callers", () => {
  for (const request of written(3, true)) {
    const body = request.split("\r\n\r\n")[1] ?? "";
    const message = `${sha256(body)}.${header(request, "X-Timestamp")}.${header(request, "X-Nonce")}`;
    const signature = Buffer.from(header(request, "X-Signature").slice(2), "hex");
    const signer = recoverAddress(personalDigest(message), signature);
    expect(String(signer)).toBe(header(request, "X-Address"));
    expect(JSON.parse(body)).toMatchObject({ stream: true });
  }
});
