import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failures, load } from "./load.ts";
import { startModelServer } from "./model-server.ts";
import { writeRequests } from "./signed-requests.ts";
import { withoutTools } from "./tools.ts";

const missing = withoutTools();
const folder = mkdtempSync(join(tmpdir(), "fxn-load-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The longest that a test lasts; all of them end with their requests. */
const seconds = 30;

function requests(port: number, count: number, stream = false): string {
  const file = join(folder, "requests.bin");
  writeRequests(file, count, { port, path: "/v1/chat/completions", headers: {}, model: "tiny" }, stream);
  return file;
}

/** Answers each request on a connection with the bytes that are there for it, cut in two. */
function answering(...answers: string[]) {
  let asked = 0;
  return Bun.listen<undefined>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket) {
        const answer = answers[asked++ % answers.length] ?? "";
        if (answer === "") socket.end();
        socket.write(answer.slice(0, answer.length / 2));
        setImmediate(() => socket.write(answer.slice(answer.length / 2)));
      },
    },
  });
}

const plain = (status: string, body: string) => `HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

describe.skipIf(missing !== undefined)(`load and model server in C${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("every request is sent once and answered", async () => {
    const server = await startModelServer({ events: 1, gapMs: 0 });
    const once = { port: server.port, file: requests(server.port, 500), connections: 7, seconds, once: true };
    const result = await load(once);
    expect(result.good).toBe(500);
    expect(failures(result)).toBe(0);
    expect(result.latency?.p50).toBeLessThanOrEqual(result.latency?.p99 ?? 0);
    const again = await load({ ...once, seconds: 0.2, once: false });
    expect(again.good).toBeGreaterThan(500);
    server.stop();
    // The first one compiles both programs.
  }, 300_000);

  test("a stream has all its events, and the model server's pace", async () => {
    const server = await startModelServer({ events: 5, gapMs: 10 });
    const streams = { port: server.port, file: requests(server.port, 20, true), connections: 20, seconds, once: true };
    const result = await load({ ...streams, events: 5 });
    expect(result.good).toBe(20);
    expect(result.latency?.p50).toBeGreaterThanOrEqual(40_000);
    expect(result.firstToken?.p50).toBeLessThan(result.latency?.p50 ?? 0);
    expect((await load({ ...streams, events: 6 })).wrong).toBe(20);
    server.stop();
  });

  test("a wrong answer, a refusal and an end are failures, not quick requests", async () => {
    const server = answering(plain("200 OK", "~short"), plain("429 Too Many", "{}"), "", "no HTTP\r\n\r\n");
    const file = requests(server.port, 8);
    const result = await load({ port: server.port, file, connections: 1, seconds, once: true });
    expect(result).toMatchObject({ good: 0, closed: 2, unanswered: 0 });
    expect(result.statuses["429"]).toBe(2);
    expect(failures(result)).toBe(8);
    expect(result.complaint).toContain("~short");
    server.stop(true);
  });

  test("an answer in chunks counts when its text is whole", async () => {
    const model = await startModelServer({ events: 1, gapMs: 0 });
    const body = await (await fetch(`http://127.0.0.1:${model.port}/`, { method: "POST", body: "{}" })).text();
    const pieces = body.match(/.{1,100}/gs) ?? [];
    const chunks = pieces.map((piece) => `${piece.length.toString(16)};x=y\r\n${piece}\r\n`).join("");
    const server = answering(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\nTrailer: z\r\n\r\n`);
    const file = requests(server.port, 10);
    const result = await load({ port: server.port, file, connections: 2, seconds, once: true });
    expect(result.good).toBe(10);
    server.stop(true);
    model.stop();
  });
});
