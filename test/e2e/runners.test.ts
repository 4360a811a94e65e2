// Model servers that do not speak the OpenAI API, through the compiled node: Anthropic's, fed_AI's runner, a program in a sandbox.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { anthropicDialect, fedaiDialect } from "../fakes/backend-dialects.ts";
import { json, ModelServer } from "../fakes/model-server.ts";
import { processes } from "../fakes/processes.ts";
import { fxn } from "./node.ts";
import { until } from "./until.ts";
import { CHAT, chatBody, openWorld, type World } from "./world.ts";

const wanted = ["/usr/bin/bwrap", "/usr/bin/prlimit", "/usr/bin/choom", "/usr/bin/python3"];
const missing = process.platform === "linux" ? wanted.filter((path) => !existsSync(path)) : ["Linux"];
const because = missing.length > 0 ? ` (skipped: ${missing.join(", ")} missing)` : "";

let world: World;
let claude: ModelServer;
let infer: ModelServer;
const folder = mkdtempSync(join(tmpdir(), "fxn-runner-e2e-"));

beforeAll(async () => {
  chmodSync(folder, 0o755);
  copyFileSync(join(import.meta.dir, "../fakes/runner.py"), join(folder, "runner.py"));
  claude = await ModelServer.start((received, response) => {
    if (received.method === "GET") return json(anthropicDialect.models)(received, response);
    if (!received.body.includes(`"stream":true`)) return json(anthropicDialect.whole(received))(received, response);
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(anthropicDialect.events?.(received).join(""));
  });
  infer = await ModelServer.start((received, response) =>
    json(received.method === "GET" ? fedaiDialect.models : fedaiDialect.whole(received))(received, response),
  );
  const runner = {
    provider: "process",
    command: ["python3", "runner.py"],
    ...{ folder, environment: ["TOKEN=canary-of-the-runner"], sandbox: { memory: "256MB" } },
  };
  const python = { id: "python", backends: [runner] };
  world = await openWorld({
    config: { server: { workers: 3 }, health: { interval: "200ms" } },
    models: (url) => ({
      models: [
        { id: "tiny", backends: [{ url }] },
        { id: "claude", backends: [{ provider: "anthropic", url: claude.url, apiKey: "sk-1" }] },
        { id: "infer", backends: [{ provider: "fedai-runner", url: infer.url }] },
        ...(missing.length === 0 ? [python] : []),
      ],
    }),
  });
});
afterAll(async () => {
  await world.close();
  claude.stop();
  infer.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ask = async (model: string, more: object = {}) => {
  const response = await world.send(CHAT, chatBody({ model, ...more }));
  return { status: response.status, text: await response.text() };
};
const contentOf = (text: string) => [...text.matchAll(/"content":"([^"]*)"/g)].map(([, content]) => content).join("");

async function tokensOf(model: string): Promise<unknown> {
  const { stdout } = await fxn(["ledger", "--home", world.home, "--by", "model", "--json"]);
  const { rows }: { rows: Record<string, unknown>[] } = JSON.parse(stdout);
  const row = rows.find((each) => each.model === model);
  return [row?.promptTokens, row?.completionTokens];
}

test("a chat with Anthropic's API, whole and streamed, is metered as its server counts", async () => {
  const whole = await ask("claude");
  expect(JSON.parse(whole.text)).toMatchObject({ model: "claude", choices: [{ message: { content: "hello" } }] });
  const streamed = await ask("claude", { stream: true });
  expect(contentOf(streamed.text)).toBe("hello");
  expect(streamed.text).toEndWith("data: [DONE]\n\n");
  // Asked for by the node, and not by the caller.
  expect(streamed.text).not.toContain(`"usage"`);
  expect(claude.received.at(-1)?.headers).toMatchObject({ "x-api-key": "sk-1", "anthropic-version": "2023-06-01" });
  await until(async () => Bun.deepEquals(await tokensOf("claude"), [6, 4]));
});

test("a route that a kind does not have is none, and what it cannot do is refused", async () => {
  const embeddings = await world.send("/v1/embeddings", { model: "claude", input: "x" });
  expect(embeddings.status).toBe(404);
  const tools = await ask("claude", { tools: [{ type: "function", function: { name: "f" } }] });
  expect([tools.status, JSON.parse(tools.text).error.code]).toEqual([400, "unsupported_request"]);
});

test("a chat of one message with fed_AI's http runner", async () => {
  expect(contentOf((await ask("infer", { stream: true })).text)).toBe("hello");
  expect((await ask("infer")).status).toBe(200);
});

describe.skipIf(missing.length > 0)(`a program in a sandbox${because}`, () => {
  const say = (content: string) => ({ messages: [{ role: "user", content }], stream: true });
  /** Of this world, by their folder. */
  const runners = () =>
    processes()
      .filter((each) => each.line === "python3 runner.py" && each.folder === folder)
      .map(({ pid }) => pid);

  test("it answers word by word, is metered, and the node serves in one process, so that there is one of it", async () => {
    const { text } = await ask("python", say("one two three"));
    expect(contentOf(text)).toBe("one two three");
    expect(text).toEndWith("data: [DONE]\n\n");
    await until(async () => Bun.deepEquals(await tokensOf("python"), [3, 3]));
    const { stdout } = await fxn(["status", "--home", world.home, "--json"]);
    expect(z.object({ workers: z.array(z.number()) }).parse(JSON.parse(stdout)).workers).toEqual([world.node.pid]);
    expect(runners().length).toBe(1);
  });

  test("it reads neither the node's key nor a file of root's, and has only its own environment", async () => {
    for (const path of [join(world.home, "nodekey.json"), join(world.home, "config.yaml"), "/etc/shadow"]) {
      expect(contentOf((await ask("python", say(`open ${path}`))).text)).toContain("No such file");
    }
    const text = contentOf((await ask("python", say("open /proc/self/environ"))).text);
    expect(text).toContain("TOKEN=canary-of-the-runner");
    expect(text).not.toContain(world.home);
    expect(text).not.toContain("VK_ICD_FILENAMES");
  });

  test("a prompt that it prints is in the log, as fxn privacy-report says, and so is the way out of it", async () => {
    await ask("python", say("a prompt that nobody prints"));
    await ask("python", say("print a canary"));
    await until(() => world.node.log().includes(`"said":"got print a canary"`));
    expect(world.node.log()).not.toContain("nobody prints");
    const { stdout } = await fxn(["privacy-report", "--home", world.home]);
    const [, prompt = ""] = /^prompt\n(.*?)\n\n/ms.exec(stdout) ?? [];
    expect(prompt).toContain("never on disk, but for what a runner prints (runner-output)");
    expect(stdout).toMatch(/^runner-output\n/m);
    await fxn(["log-level", "--home", world.home, "warn"]);
    const before = world.node.log().length;
    await ask("python", say("print another canary"));
    // What it says next comes after what it printed.
    await ask("python", say("and more"));
    expect(world.node.log().slice(before)).not.toContain("another canary");
    await fxn(["log-level", "--home", world.home, "debug"]);
  });

  test("one that is killed is started again", async () => {
    const [pid = 0] = runners();
    process.kill(pid, "SIGKILL");
    await world.node.logged("runner is down");
    await until(() => runners().length === 1 && runners()[0] !== pid);
    await until(async () => (await ask("python", say("again"))).status === 200);
  });

  test("what it is given as a secret is shown by no command and stands in no command line", async () => {
    const { stdout } = await fxn(["config", "show", "--home", world.home, "--origin"]);
    expect(stdout).toContain("TOKEN=***");
    expect(stdout).not.toContain("canary-of-the-runner");
    expect(processes().filter(({ line }) => line.includes("canary-of-the-runner"))).toEqual([]);
    expect(world.node.log()).not.toContain("canary-of-the-runner");
  });

  test("it ends with the node, also when that is killed", async () => {
    expect(runners().length).toBe(1);
    await world.node.kill();
    await until(() => runners().length === 0);
    await world.restart();
    await until(() => runners().length === 1);
    expect(await world.node.stop()).toBe(0);
    await until(() => runners().length === 0);
  });

  test("one whose folder would show the node's key is not run, and the status says why", async () => {
    const models = readFileSync(join(world.home, "model_backend.yaml"), "utf8");
    writeFileSync(join(world.home, "model_backend.yaml"), models.replaceAll(folder, world.home));
    await world.restart();
    await until(async () => {
      const { stdout } = await fxn(["status", "--home", world.home]);
      return stdout.includes("would show the node's home");
    });
    expect((await ask("python", say("x"))).status).toBe(502);
  });
});
