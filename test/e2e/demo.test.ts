// npm run demo, as a newcomer runs it: to its end, against no model server, and against one that has only chat.
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type Behaviour, healthy, json, ModelServer } from "../fakes/model-server.ts";

const SCRIPT = join(import.meta.dir, "..", "sandbox", "demo.ts");
const COLUMNS = 100;

async function demo(...args: string[]) {
  const child = Bun.spawn([process.execPath, SCRIPT, ...args], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stderr, lines: Bun.stripANSI(stdout).split("\n") };
}

/** The cells of a row of the table. */
function row(lines: readonly string[], what: string): string[] {
  return lines.map((line) => line.trim().split(/ {2,}/)).find((cells) => cells[0] === what && cells.length > 3) ?? [];
}

const milliseconds = expect.stringMatching(/^\d+ ms$/);
const number = expect.stringMatching(/^\d+$/);
const words = expect.stringMatching(/\w/);
const wide = (lines: readonly string[]) => lines.filter((line) => line.length > COLUMNS);

describe("npm run demo", () => {
  test("--once: ends well, with every answer and every refusal in its place", async () => {
    const { code, stderr, lines } = await demo("--once");
    expect([code, stderr]).toEqual([0, ""]);
    const header = ["asked", "status", "first token", "total", "tokens", "tokens/s", "what came"];
    expect(row(lines, "asked")).toEqual(header);
    expect(row(lines, "chat, streamed")).toEqual([
      "chat, streamed",
      "200",
      milliseconds,
      milliseconds,
      number,
      number,
      words,
    ]);
    // What came whole has no first token.
    expect(row(lines, "completion")).toEqual(["completion", "200", "-", milliseconds, number, number, words]);
    expect(row(lines, "embedding")).toEqual(["embedding", "200", "-", milliseconds, number, "-", words]);
    expect(row(lines, "challenge")).toEqual(["challenge", "200", "-", milliseconds, "-", "-", words]);
    for (const code of ["nonce_replayed", "timestamp_too_old", "invalid_signature", "caller_not_authorized"])
      expect(lines.filter((line) => line.endsWith(`401 ${code}`)).length).toBe(1);
    expect(lines).toContain("All of it went as it should.");
    expect(wide(lines)).toEqual([]);
  });

  test("--backend without a model server there: fails, and says why on standard error", async () => {
    const { code, stderr } = await demo("--once", "--backend", "http://127.0.0.1:1");
    expect(code).toBe(1);
    expect(stderr).toContain("The demo failed: http://127.0.0.1:1/v1/models");
    expect((await demo("--once", "--backend")).stderr).toContain("--backend needs the URL of a model server");
  });

  test("--backend with a model server that has only chat: ends well and says what was skipped", async () => {
    const chatOnly: Behaviour = (received, response) => {
      const there = received.method === "GET" || received.path === "/v1/chat/completions";
      return (there ? healthy : json({ error: { message: "Not Found" } }, 404))(received, response);
    };
    const model = await ModelServer.start(chatOnly);
    // As the model server's own documents write its URL.
    const { code, stderr, lines } = await demo("--once", "--backend", `${model.url}/v1`);
    model.stop();
    expect([code, stderr]).toEqual([0, ""]);
    expect(row(lines, "chat, streamed")[1]).toBe("200");
    for (const what of ["completion", "embedding"])
      expect(row(lines, what)).toEqual([
        what,
        "404",
        "-",
        milliseconds,
        "-",
        "-",
        "the model server has no such route",
      ]);
    expect(lines).toContain("Skipped, since the model server has no such route: completion; embedding.");
    expect(wide(lines)).toEqual([]);
  });

  test("--backend with a model server that has none of the routes, or that fails: the demo fails", async () => {
    for (const [status, reason] of [
      [404, "none of the routes"],
      [500, "completion was answered 500: broken"],
    ] as const) {
      const broken = json({ error: { message: "broken" } }, status);
      const model = await ModelServer.start((received, response) =>
        (received.method === "GET" ? healthy : broken)(received, response),
      );
      const { code, stderr } = await demo("--once", "--backend", model.url);
      model.stop();
      expect(code).toBe(1);
      expect(stderr).toContain(reason);
    }
  });
});
