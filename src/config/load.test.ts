import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BOOK, loadConfig } from "../networks/config.ts";
import { exampleYaml } from "./example.ts";
import { ConfigError, formatProblem } from "./problems.ts";

function load(files: Record<string, string>, env: Record<string, string> = {}) {
  return loadConfig({ home: "/home/fxn", env, readFile: async (path) => files[path.replace("/home/fxn/", "")] });
}

/** The lines of the error, without its first. */
async function problems(files: Record<string, string>, env: Record<string, string> = {}): Promise<string[]> {
  try {
    await load(files, env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(formatProblem);
  }
}

const config = (text: string) => problems({ "config.yaml": text });

describe("config.yaml", () => {
  test("without any file the defaults hold and there are no models", async () => {
    const loaded = await load({});
    expect(loaded.config.node).toMatchObject({ listenAddress: "127.0.0.1", listenPort: 8080 });
    expect(loaded.config.registry.gateway.pollInterval).toBe(60_000);
    expect(loaded.models).toBeUndefined();
    expect(loaded.warnings).toEqual([]);
  });

  test("the Go node's file works unchanged", async () => {
    const text = `node:
  listenPort: 8081
  listenAddress: "0.0.0.0"
logger:
  verbosity: "DEBUG"
registry:
  routerSmartContractAddress: "0x7C8e239F9A26D7fd081Db72A2A23F4E9CA35E16b"
  bypassAuth: false
  gateway:
    pollInterval: "1m30s"
  scheduler:
    pollInterval: "1m"
  provider:
    pollInterval: 15s
rpcProvider: "https://rpc.example"
schedulerAddress: "0x0a7A1fF52515C24FAa17c13B916679926272ffc4"
nonceCache:
  ttl: "5m"
  cleanupInterval: "10m"
proxy:
  maxIdleConns: 50
  idleConnTimeout: "90s"`;
    expect((await load({ "config.yaml": text })).config).toMatchObject({
      node: { listenPort: 8081, listenAddress: "0.0.0.0" },
      logger: { verbosity: "debug" },
      registry: {
        routerSmartContractAddress: "0x7c8e239f9a26d7fd081db72a2a23f4e9ca35e16b",
        bypassAuth: false,
        gateway: { pollInterval: 90_000 },
        provider: { pollInterval: 15_000 },
      },
      rpcProvider: ["https://rpc.example"],
      schedulerAddress: "0x0a7a1ff52515c24faa17c13b916679926272ffc4",
      nonceCache: { ttl: 300_000, cleanupInterval: 600_000 },
      proxy: { maxIdleConns: 50, idleConnTimeout: 90_000 },
    });
  });

  test.each([
    ["an empty file", ""],
    ["a byte order mark alone", "\uFEFF"],
    ["comments only", "# nothing\n"],
    ["a document marker alone", "---\n"],
    ["sections with nothing in them", "node:\nlogger: {}\nregistry:\n  gateway:\n"],
    ["keys with nothing behind them", "node:\n  listenPort:\n  listenAddress: ~\nrpcProvider: null\n"],
    ["empty texts", 'node:\n  listenAddress: ""\nrpcProvider: ""\nschedulerAddress: ""\n'],
    ["the example file", exampleYaml(BOOK)],
  ])("%s means the defaults", async (_, text) => {
    expect((await load({ "config.yaml": text })).config).toEqual((await load({})).config);
  });

  test.each([
    [
      "a misspelt key",
      "node:\n  listenPrt: 1\n",
      'config.yaml:2:3: node.listenPrt: unknown key, did you mean "listenPort"?',
    ],
    [
      "a key of a section at the top",
      "listenPort: 1\n",
      'config.yaml:1:1: listenPort: unknown key, did you mean "node.listenPort"?',
    ],
    ["a key that is like nothing", "node:\n  colour: red\n", "config.yaml:2:3: node.colour: unknown key"],
    [
      "a key that would change the prototype",
      "__proto__:\n  listenPort: 1\n",
      "config.yaml:1:1: __proto__: unknown key",
    ],
    ["a key that would forge a line of output", '"a\\nok": 1\n', 'config.yaml:1:1: ["a\\nok"]: unknown key'],
    ["a misspelt section", "regstry: {}\n", 'config.yaml:1:1: regstry: unknown key, did you mean "registry"?'],
    [
      "text for a number",
      "node:\n  listenPort: many\n",
      'config.yaml:2:15: node.listenPort: expected a whole number from 0 to 65535, found "many"',
    ],
    [
      "a port out of range",
      "node: { listenPort: 70000 }\n",
      'config.yaml:1:21: node.listenPort: expected a whole number from 0 to 65535, found "70000"',
    ],
    [
      "a fraction for an integer",
      "queue:\n  size: 1.5\n",
      'config.yaml:2:9: queue.size: expected a whole number of at least 0, found "1.5"',
    ],
    [
      "a list for a section",
      "node:\n  - 1\n",
      "config.yaml:2:3: node: expected a section: keys below it, found a list",
    ],
    [
      "a mapping for a value",
      "node:\n  listenPort:\n    a: 1\n",
      "config.yaml:3:5: node.listenPort: expected a whole number from 0 to 65535, found a mapping",
    ],
    [
      "a duration without its unit",
      "auth:\n  maxClockSkew: 300\n",
      'config.yaml:2:17: auth.maxClockSkew: expected a duration with its unit, such as "300s", found 300',
    ],
    [
      "a duration that never passes",
      "proxy:\n  heartbeatInterval: 0\n",
      'config.yaml:2:22: proxy.heartbeatInterval: expected a duration of at least 1ms, found "0"',
    ],
    [
      "a duration that no timer can wait",
      "auth:\n  maxClockSkew: 1000h\n",
      'config.yaml:2:17: auth.maxClockSkew: expected a duration of at most 596h, found "1000h"',
    ],
    [
      "a word that is not one of the few",
      "logger:\n  verbosity: warning\n",
      'config.yaml:2:14: logger.verbosity: expected one of debug, info, warn, error, dpanic, panic, fatal, found "warning"',
    ],
    [
      "a misspelt word",
      "logger:\n  verbosity: inof\n",
      'config.yaml:2:14: logger.verbosity: expected one of debug, info, warn, error, dpanic, panic, fatal, found "inof"; did you mean "info"?',
    ],
    [
      "an address that is too short",
      "schedulerAddress: 0x12\n",
      'config.yaml:1:19: schedulerAddress: expected an address: 0x and 40 hex digits, found "0x12"',
    ],
    [
      "a listen address with a port",
      "node:\n  listenAddress: 0.0.0.0:80\n",
      'config.yaml:2:18: node.listenAddress: expected an address without a port, found "0.0.0.0:80": set listenPort to 80',
    ],
    [
      "an IPv4 address that is none",
      "node:\n  listenAddress: 127.0.0.256\n",
      'config.yaml:2:18: node.listenAddress: expected an IP address or a host name, such as "127.0.0.1" or "0.0.0.0", found "127.0.0.256"',
    ],
    [
      "an admin address without a port",
      "admin:\n  listen: 9464\n",
      'config.yaml:2:11: admin.listen: expected host:port, such as "127.0.0.1:9464", found "9464"',
    ],
    [
      "an empty list of RPC URLs",
      "rpcProvider: []\n",
      "config.yaml:1:14: rpcProvider: expected one RPC URL or a list of them, found an empty list",
    ],
    [
      "nothing in a list",
      "rpcProvider:\n  - https://a.example\n  -\n",
      "config.yaml:3:4: rpcProvider[1]: expected a URL that starts with http:// or https://, found nothing",
    ],
    [
      "a size that is none",
      "limits:\n  openaiBody: lots\n",
      'config.yaml:2:15: limits.openaiBody: expected a size such as "20MB" or a number of bytes, found "lots"',
    ],
  ])("%s", async (_, text, expected) => {
    expect(await config(text)).toEqual([expected]);
  });

  test.each([
    ["a tab", "node:\n\tlistenPort: 1\n", "config.yaml:2:1: a tab indents this line: YAML takes spaces only"],
    [
      "two documents",
      "node: {}\n---\nnode: {}\n",
      'config.yaml:2:1: "---" begins a second document: the file must be one',
    ],
    [
      "a key set twice",
      "node:\n  listenPort: 1\n  listenPort: 2\n",
      "config.yaml:3:3: node.listenPort: set twice in the same section",
    ],
    [
      "a list as the whole file",
      "- node\n",
      'config.yaml:1:1: expected settings, such as "node:" with keys below it, found a list',
    ],
    [
      "one word as the whole file",
      "node\n",
      'config.yaml:1:1: expected settings, such as "node:" with keys below it, found one value',
    ],
    ["a list as a key", "? [a]\n: 1\n", "config.yaml:1:3: a key must be a plain word"],
    [
      "an alias of nothing",
      "node: *other\n",
      "config.yaml:1:7: node: *other stands for nothing: no &other comes before it",
    ],
    [
      "a tag",
      "node:\n  listenPort: !!binary MQ==\n",
      "config.yaml:2:24: node.listenPort: the tag tag:yaml.org,2002:binary is not supported",
    ],
  ])("broken YAML: %s", async (_, text, expected) => {
    expect((await config(text))[0]).toBe(expected);
  });

  test("a syntax error says where, and nothing that follows from it", async () => {
    const found = await config("node: {listenPort: 1\nlogger:\n  verbosty: x\n");
    expect(found.every((line) => /^config\.yaml:\d+:\d+: not readable as YAML: /.test(line))).toBe(true);
    expect(found.length).toBeGreaterThan(0);
  });

  test("aliases of aliases (billion laughs) and aliases in a circle end in one message", async () => {
    const laughs = [
      "a: &a [x]",
      ..."bcdefghi".split("").map((name, i) => `${name}: &${name} [${`*${"abcdefgh"[i]},`.repeat(9)}]`),
    ];
    const found = await config(laughs.join("\n"));
    expect(found.filter((line) => line.includes("aliases"))).toHaveLength(1);
    expect(await config("node: &n\n  deeper: *n\n")).toContainEqual(expect.stringContaining("more than 100 aliases"));
  });

  const times = (count: number, text: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => text(i)).join("");

  // Each of them took seconds, in which a node that reloads serves nobody.
  test.each([
    ["brackets", "[".repeat(200_000), "config.yaml:1:50: more than 50 levels deep"],
    ["closed brackets", `a: ${"[".repeat(5000)}${"]".repeat(5000)}`, "config.yaml:1:52: more than 50 levels deep"],
    ["braces", "{a: ".repeat(50_000), "config.yaml:1:197: more than 50 levels deep"],
    ["indented keys", times(600, (i) => `${" ".repeat(i)}a:\n`), "config.yaml:50:50: more than 50 levels deep"],
    ["aliases", `x: &x 1\ny: [${"*x,".repeat(80_000)}]`, "config.yaml:2:305: more than 100 aliases"],
    [
      "megabytes",
      "#".repeat(1_000_001),
      "config.yaml:1:1: the file is too large: 1000001 characters, of 250000 at most",
    ],
  ])("attack: %s without end are refused at once, with the place", async (_, text, expected) => {
    const found = await config(text);
    expect(found).toEqual([expect.stringContaining(expected)]);
    const models = await problems({ "model_backend.yaml": text });
    expect(models).toEqual([expect.stringContaining(expected.replace("config", "model_backend"))]);
  });

  test("as deep as settings go, and far deeper, is read; asterisks in values are no aliases", async () => {
    const deep = `${"[".repeat(40)}${"]".repeat(40)}`;
    expect((await config(`node: ${deep}\n`))[0]).toContain("node: expected a section");
    const stars = `# ${"*a ".repeat(200)}\nnode:\n  id: "${"*a ".repeat(200)}"\n`;
    expect((await config(stars)).join()).not.toContain("aliases");
  });

  test.each([
    ["unknown keys", times(20_000, (i) => `k${i}: 1\n`), "19900 more from here on"],
    ["keys that are set twice", "node: {}\n".repeat(20_000), "19899 more from here on"],
    ["quotes", '"'.repeat(100_000), "more from here on"],
  ])("attack: of thousands of %s the first hundred are told, and how many more", async (_, text, expected) => {
    const found = await config(text);
    expect(found).toHaveLength(101);
    expect(found[100]).toContain(expected);
  });

  test.each([
    ["a NUL byte", "node:\n  listenPort: 80\0\n", "config.yaml:2:17: the character U+0000"],
    [
      "UTF-16 without its mark",
      [..."node: {}\n"].map((sign) => `${sign}\0`).join(""),
      "config.yaml:1:2: the character U+0000",
    ],
    ["a terminal's escape", "node:\n  id: a\x1b[31m\n", "config.yaml:2:8: the character U+001B"],
  ])("%s is no text", async (_, text, expected) => {
    expect(await config(text)).toEqual([expect.stringContaining(expected)]);
    expect((await config(text))[0]).toContain("save the file as UTF-8");
  });

  test("anchors work, each value with the place where it is written", async () => {
    const { config } = await load({
      "config.yaml": "registry:\n  gateway: &p { pollInterval: 2m }\n  provider: *p\n",
    });
    expect(config.registry.provider.pollInterval).toBe(120_000);
  });

  test("RPC URLs come as one text, with commas, or as a list; a byte order mark shifts no column", async () => {
    const rpc = async (text: string) => (await load({ "config.yaml": text })).config.rpcProvider;
    expect(await rpc("rpcProvider: https://a.example/key")).toEqual(["https://a.example/key"]);
    expect(await rpc("rpcProvider: https://a.example, https://b.example")).toEqual([
      "https://a.example",
      "https://b.example",
    ]);
    expect(await rpc("rpcProvider:\n  - https://a.example\n  - http://b.example\n")).toEqual([
      "https://a.example",
      "http://b.example",
    ]);
    expect(await config("\uFEFFnode: 1\n")).toEqual([
      'config.yaml:1:7: node: expected a section: keys below it, found "1"',
    ]);
  });

  test("a WebSocket RPC is refused with a reason, and the key in its path is not printed", async () => {
    const found = await config("rpcProvider: wss://base.example/v2/CANARY\n");
    expect(found).toEqual([
      "config.yaml:1:14: rpcProvider[0]: expected a URL that starts with http:// or https://: RPC over WebSocket is not supported; most providers offer the same over https",
    ]);
    expect((await config("rpcProvider: htps://base.example/v2/CANARY\n")).join()).not.toContain("CANARY");
  });

  test("every problem of both files and the environment comes at once, in order", async () => {
    const files = {
      "config.yaml": "queue:\n  size: x\nnode:\n  listenPrt: 1\n",
      "model_backend.yaml": "url: ftp://x\napikey: y\n",
    };
    expect(await problems(files, { FXN_NODE_LISTEN_PORT: "eighty" })).toEqual([
      'config.yaml:2:9: queue.size: expected a whole number of at least 0, found "x"',
      'config.yaml:4:3: node.listenPrt: unknown key, did you mean "listenPort"?',
      'model_backend.yaml:1:6: url: expected a URL that starts with http:// or https://, such as "http://127.0.0.1:8000"',
      'model_backend.yaml:2:1: apikey: unknown key, did you mean "apiKey"?',
      '$FXN_NODE_LISTEN_PORT: node.listenPort: expected a whole number from 0 to 65535, found "eighty"',
    ]);
  });

  test("the error has the code that ends the program with 78, and prints like a compiler", async () => {
    const error = await load({ "config.yaml": "nod: {}\n" }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({
      code: "config_invalid",
      message: 'the configuration has a problem\nconfig.yaml:1:1: nod: unknown key, did you mean "node"?',
    });
  });

  test("a file that cannot be read is a problem, not a crash", async () => {
    const readFile = async () => {
      throw new Error("EACCES: permission denied");
    };
    const error = await loadConfig({ home: "/h", env: {}, readFile }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      problems: [
        { file: "config.yaml", message: "cannot be read: EACCES: permission denied" },
        { file: "model_backend.yaml", message: "cannot be read: EACCES: permission denied" },
      ],
    });
  });
});

describe("bytes from outside", () => {
  const seeds = [
    exampleYaml(BOOK).slice(0, 4000),
    "node:\n  listenPort: 8080\nrpcProvider: [https://a.example]\nregistry: {bypassAuth: true}\n",
    "models:\n  - id: a\n    aliases: [b]\n    backends:\n      - url: http://127.0.0.1:1\n        apiKey: x\n",
    "url: http://127.0.0.1:1\nfxnId: 2\n",
  ];
  const piece = fc.oneof(
    fc.constantFrom(
      ":",
      "- ",
      "\n",
      "\t",
      "&a ",
      "*a",
      "{",
      "}",
      "[",
      "]",
      "? ",
      "|",
      "!!",
      "'",
      '"',
      "#",
      "---\n",
      "<<: ",
    ),
    fc.string(),
  );
  const mutated = fc
    .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(4000), fc.nat(10), piece), { maxLength: 6 }))
    .map(([seed, cuts]) =>
      cuts.reduce((text, [at, drop, put]) => text.slice(0, at) + put + text.slice(at + drop), seed),
    );

  test("mutated files are read or refused with a place, and throw nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(mutated, mutated, async (main, models) => {
        for (const line of await problems({ "config.yaml": main, "model_backend.yaml": models })) {
          expect(line).toMatch(/^(config|model_backend)\.yaml:\d+:\d+: /);
        }
      }),
      { numRuns: 150 },
    );
  });
});
