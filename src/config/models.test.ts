import { describe, expect, test } from "bun:test";
import { loadConfig } from "../networks/config.ts";
import { DEFAULT_ROUTES } from "./models-schema.ts";
import { ConfigError, formatProblem } from "./problems.ts";

function load(text: string, secrets: Record<string, string> = {}) {
  const files: Record<string, string> = { "/h/model_backend.yaml": text, ...secrets };
  return loadConfig({ home: "/h", env: {}, readFile: async (path) => files[path] });
}

async function problems(text: string, secrets: Record<string, string> = {}): Promise<string[]> {
  const error = await load(text, secrets).catch((thrown: unknown) => thrown);
  return error instanceof ConfigError ? error.problems.map(formatProblem) : [];
}

const one = (rest: string) => `models:\n  - id: a\n    backends:\n      - url: http://127.0.0.1:1\n${rest}`;

describe("the Go node's form", () => {
  test("every key of it", async () => {
    const { models } = await load(
      'backendProvider: "custom"\nurl: "http://gpu-1:9000"\nfxnId: "41"\napiKey: "key-of-gpu-1"\nbearerToken: ""\nmodelNameAlias: "llama-3.1"\n',
    );
    expect(models).toEqual({
      catchAll: true,
      models: [
        {
          id: "41",
          aliases: [],
          backends: [
            {
              provider: "custom",
              url: "http://gpu-1:9000",
              model: "llama-3.1",
              weight: 1,
              maxConcurrent: 4096,
              routes: [...DEFAULT_ROUTES],
              streamUsage: true,
              maxTokens: 4096,
              apiKey: expect.anything(),
              bearerToken: undefined,
            },
          ],
        },
      ],
    });
    expect(models?.models[0]?.backends[0]?.apiKey?.reveal()).toBe("key-of-gpu-1");
  });

  test.each([
    ["url: http://x\nfxnId: 7\nmodelNameAlias: m\n", "7"],
    ['url: http://x\nfxnId: ""\nmodelNameAlias: m\n', "m"],
    ["url: http://x\n", "default"],
  ])("%j is called %s", async (text, id) => {
    expect((await load(text)).models?.models[0]?.id).toBe(id);
  });

  test("without a url it is refused", async () => {
    expect(await problems("backendProvider: ollama\n")).toEqual([
      'model_backend.yaml:1:1: url: missing, expected a URL that starts with http:// or https://, such as "http://127.0.0.1:8000"',
    ]);
  });
});

describe("the list form", () => {
  test("models with aliases and weighted model servers", async () => {
    const { models } = await load(
      "models:\n  - id: a\n    aliases: [b, c]\n    backends:\n      - {provider: vllm, url: http://x/v1, model: m, weight: 2}\n      - {url: http://y, maxConcurrent: 2, routes: [/v1/rerank], streamUsage: false}\n",
    );
    expect(models).toMatchObject({
      catchAll: false,
      models: [
        {
          id: "a",
          aliases: ["b", "c"],
          backends: [
            { provider: "vllm", url: "http://x/v1", model: "m", weight: 2, routes: [...DEFAULT_ROUTES] },
            { provider: "custom", url: "http://y", maxConcurrent: 2, routes: ["/v1/rerank"], streamUsage: false },
          ],
        },
      ],
    });
    expect(models?.models[0]?.backends[1]?.model).toBeUndefined();
  });

  test.each([
    [
      "an empty file",
      "",
      "model_backend.yaml:1:1: the file is empty: expected url (one model server for everything) or models (a list)",
    ],
    [
      "both forms",
      "url: http://x\nmodels: []\n",
      "model_backend.yaml:1:1: url: stands beside models: a file has either url (one model server for everything) or models (a list)",
    ],
    ["a misspelt form", "modls: []\n", 'model_backend.yaml:1:1: modls: unknown key, did you mean "models"?'],
    ["no models", "models: []\n", "model_backend.yaml:1:9: models: expected at least one entry, found an empty list"],
    [
      "a mapping for the list",
      "models:\n  a: http://x\n",
      'model_backend.yaml:2:3: models: expected a list: lines that begin with "- ", found a mapping',
    ],
    [
      "no model servers",
      "models:\n  - id: a\n",
      'model_backend.yaml:2:5: models[0].backends: missing, expected a list: lines that begin with "- "',
    ],
    [
      "no id",
      "models:\n  - backends:\n      - url: http://x\n",
      "model_backend.yaml:2:5: models[0].id: missing, expected a model's name",
    ],
    [
      "a key one level too high",
      one("    apiKey: x\n"),
      'model_backend.yaml:5:5: models[0].apiKey: unknown key, did you mean "models[].backends[].apiKey"?',
    ],
    [
      "a misspelt key",
      one("        modle: x\n"),
      'model_backend.yaml:5:9: models[0].backends[0].modle: unknown key, did you mean "model"?',
    ],
    [
      "a route of another API",
      one("        routes: [/v1/x, /api/y]\n"),
      'model_backend.yaml:5:25: models[0].backends[0].routes[1]: expected a path such as "/v1/rerank", found "/api/y"',
    ],
    [
      "a weight of nothing",
      one("        weight: 0\n"),
      'model_backend.yaml:5:17: models[0].backends[0].weight: expected a number greater than 0, found "0"',
    ],
    [
      "a provider that is none",
      one("        provider: vlm\n"),
      'model_backend.yaml:5:19: models[0].backends[0].provider: expected one of fxn, custom, openai, vllm, ollama, llamacpp, anthropic, fedai-runner, process, found "vlm"; did you mean "vllm"?',
    ],
    [
      "credentials in the URL",
      "models:\n  - id: a\n    backends:\n      - url: http://u:CANARY@x\n",
      "model_backend.yaml:4:14: models[0].backends[0].url: a URL with a user or password in it is refused: use apiKey or bearerToken, or their …File",
    ],
  ])("%s is refused", async (_, text, expected) => {
    expect(await problems(text)).toEqual([expected]);
  });

  test("a name that two models have is refused with both places; case makes a difference", async () => {
    const text = (second: string) =>
      `models:\n  - id: a\n    aliases: [b]\n    backends: [{url: http://x}]\n  - id: c\n    aliases: [${second}]\n    backends: [{url: http://x}]\n`;
    expect(await problems(text("b"))).toEqual([
      'model_backend.yaml:6:15: models[1].aliases[0]: "b" is taken: models[0].aliases[0] in line 3 has it',
    ]);
    expect(await problems(text("a"))).toEqual([
      'model_backend.yaml:6:15: models[1].aliases[0]: "a" is taken: models[0].id in line 2 has it',
    ]);
    expect(await problems(text("c"))).toHaveLength(1);
    expect(await problems(text("B"))).toEqual([]);
  });
});

describe("kinds", () => {
  const kind = (lines: string) =>
    `models:\n  - id: a\n    backends:\n      - ${lines.replaceAll("\n", "\n        ")}\n`;

  test("each has the routes that it can do, and a process does one thing at a time", async () => {
    const routes = async (lines: string) => {
      const { models } = await load(kind(lines));
      const { routes, maxConcurrent } = models?.models[0]?.backends[0] ?? {};
      return [routes, maxConcurrent];
    };
    const [chat, completions] = DEFAULT_ROUTES;
    expect(await routes("provider: anthropic\nurl: http://x")).toEqual([[chat], 4096]);
    expect(await routes("provider: fedai-runner\nurl: http://x\nroutes: [/v1/completions]")).toEqual([
      [completions],
      4096,
    ]);
    expect(await routes("provider: process\ncommand: [x]")).toEqual([[chat, completions], 1]);
    expect(await routes("provider: process\ncommand: [x]\nmaxConcurrent: 8")).toEqual([[chat, completions], 8]);
  });

  test("a process: its command, and all that it may do by default", async () => {
    const { models, show } = await load(
      kind(
        "provider: process\ncommand: [python3, runner.py, --hf-token, hf_abc]\nenvironment: [A=b=c, HF_TOKEN]\nsandbox: {memory: 8GB}",
      ),
    );
    expect(models?.models[0]?.backends[0]).toMatchObject({
      provider: "process",
      runner: {
        command: ["python3", "runner.py", "--hf-token", "hf_abc"],
        folder: "runners",
        environment: [{ name: "A" }, { name: "HF_TOKEN", value: undefined }],
        startTimeout: 600_000,
        sandbox: {
          ...{ mode: "required", network: "none", readable: [], writable: [], devices: [] },
          ...{ memory: 8 * 1024 ** 3, processes: 256 },
        },
      },
    });
    const shown = JSON.stringify(show());
    expect(shown).toContain(`"environment":["A=***","HF_TOKEN"]`);
    expect(shown).toContain(`"command":["python3","runner.py","--hf-token","***"]`);
    expect(shown).not.toContain("hf_abc");
  });

  test.each([
    ["a server without a url", "provider: anthropic", "url: missing, expected a URL that starts with"],
    ["a process without a command", "provider: process", "command: missing, expected a list"],
    [
      "a process with a url",
      "provider: process\ncommand: [x]\nurl: http://x",
      "url: not for provider process: leave it out",
    ],
    ["a server with a command", "url: http://x\ncommand: [x]", "command: not for provider custom: leave it out"],
    ["a server with a sandbox", "url: http://x\nsandbox: {}", "sandbox: not for provider custom: leave it out"],
    [
      "a route that a kind cannot do",
      "provider: anthropic\nurl: http://x\nroutes: [/v1/chat/completions, /v1/embeddings]",
      "routes: anthropic cannot do /v1/embeddings: it has /v1/chat/completions",
    ],
    [
      "the node's own variable",
      "provider: process\ncommand: [x]\nenvironment: [FXN_PASSWORD]",
      "FXN_PASSWORD is the node's own",
    ],
    [
      "a variable without a name",
      "provider: process\ncommand: [x]\nenvironment: [=CANARY]",
      "expected NAME=value, or NAME",
    ],
    [
      "a sandbox that is none",
      "provider: process\ncommand: [x]\nsandbox: {mode: loose}",
      "expected one of required, off",
    ],
    [
      "a path that is not absolute",
      "provider: process\ncommand: [x]\nsandbox: {readable: [a]}",
      "expected an absolute path",
    ],
  ])("%s is refused", async (_, lines, expected) => {
    const [first, ...others] = await problems(kind(lines));
    expect(first).toContain(expected);
    expect(first).not.toContain("CANARY");
    expect(others).toEqual([]);
  });
});

describe("credentials", () => {
  test("from files of their own, relative to the home folder, trimmed", async () => {
    const { models } = await load(one("        apiKeyFile: keys/a\n"), { "/h/keys/a": "sk-1\n" });
    expect(models?.models[0]?.backends[0]?.apiKey?.reveal()).toBe("sk-1");
    expect(models?.models[0]?.backends[0]).not.toHaveProperty("apiKeyFile");
    const absolute = await load("url: http://x\nbearerTokenFile: /run/token\n", { "/run/token": "t" });
    expect(absolute.models?.models[0]?.backends[0]?.bearerToken?.reveal()).toBe("t");
  });

  test.each([
    ["a missing file", "apiKeyFile: keys/none", 'apiKeyFile: there is no file "keys/none"'],
    ["an empty file", "apiKeyFile: keys/empty", 'apiKeyFile: the file "keys/empty" is empty'],
    [
      "a file with more than a secret",
      "apiKeyFile: keys/two",
      'apiKeyFile: the file "keys/two": expected a secret of visible ASCII characters without spaces',
    ],
    ["both at once", "apiKeyFile: keys/good\napiKey: x", "apiKeyFile: apiKey is set too: keep one of them"],
  ])("%s is refused with its place", async (_, lines, expected) => {
    const secrets = { "/h/keys/empty": " \n", "/h/keys/two": "CANARY CANARY", "/h/keys/good": "x" };
    expect(await problems(`url: http://x\n${lines}\n`, secrets)).toEqual([`model_backend.yaml:2:13: ${expected}`]);
  });

  test("apiKey wins over bearerToken, with a warning", async () => {
    const { warnings } = await load("url: http://x\napiKey: a\nbearerToken: b\n");
    expect(warnings.map(formatProblem)).toEqual([
      "model_backend.yaml:3:14: bearerToken: not used: apiKey is set and wins",
    ]);
  });
});
