// The commands as an operator types them, through the compiled binary.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { json } from "../fakes/model-server.ts";
import vectors from "../vectors/function.json";
import { saveCheapKey } from "./cheap-key.ts";
import { fxn, killAll, makeHome, removeHome, startNode, writeConfig, writeGoKey } from "./node.ts";
import { CHAT, openWorld, type World } from "./world.ts";

const homes: string[] = [];
const home = () => {
  const made = makeHome();
  homes.push(made);
  return made;
};
afterAll(async () => {
  await killAll();
  for (const made of homes) removeHome(made);
});

const mode = (path: string) => statSync(path).mode & 0o777;

describe("setting up", () => {
  test("help: every command has a description and an example", async () => {
    const { stdout } = await fxn(["--help"]);
    const commands = [
      "init",
      "start",
      "accounts new",
      "accounts get",
      "accounts list",
      "accounts import",
      "accounts export",
      "config check",
      "config show",
      "config schema",
      "request",
      "status",
      "ledger",
      "earnings",
      "log-level",
      "service install",
      "service remove",
      "service logs",
    ];
    for (const command of commands) {
      expect(stdout).toContain(`fxn ${command}`);
      const help = await fxn([...command.split(" "), "--help"]);
      expect(help.code).toBe(0);
      expect(help.stdout).toContain("Examples");
    }
  });

  test("help of a group, and of one command by either way; values have names, and no colour goes into a pipe", async () => {
    const group = await fxn(["accounts", "--help"]);
    expect([group.code, group.stdout.match(/fxn accounts \w+ {2}/g)?.length]).toEqual([0, 5]);
    const [one, other] = await Promise.all([fxn(["accounts", "new", "--help"]), fxn(["help", "accounts", "new"])]);
    expect(one.stdout).toContain("--password-file FILE ");
    expect(other.stdout).toBe(one.stdout);
    expect(one.stdout + group.stdout).not.toContain("\u001b");
    expect((await fxn(["oarn"])).stderr).toContain("fxn oarn task list");
  });

  test("words that make no command: exit 2, and what was meant", async () => {
    const slip = await fxn(["acounts", "new"]);
    expect([slip.code, slip.stdout]).toEqual([2, ""]);
    expect(slip.stderr).toBe(
      'fxn: "acounts new" is no command; did you mean "fxn accounts new"?\n  All of them: fxn --help\n',
    );
    expect((await fxn(["frobnicate"])).code).toBe(2);
    expect((await fxn(["accounts"])).code).toBe(2);
    const refused = async (...args: string[]) => {
      const { code, stderr } = await fxn(args);
      return `${code} ${stderr.split("\n")[0]}`;
    };
    expect(await refused("status", "--loud")).toBe("2 fxn: fxn status has no --loud");
    expect(await refused("reload", "--dryrun")).toBe("2 fxn: fxn reload has no --dryrun; did you mean --dry-run?");
    expect(await refused("provider", "register")).toBe("2 fxn: fxn provider register needs --model-id and --url");
    expect(await refused("provider", "register", "--url=https://a.example")).toBe(
      "2 fxn: fxn provider register needs --model-id",
    );
    expect(await refused("provider", "register", "--url")).toBe("2 fxn: --url needs a value");
    expect(await refused("log-level")).toBe("2 fxn: fxn log-level needs LEVEL");
    expect(await refused("log-level", "info", "x")).toBe('2 fxn: fxn log-level has no place for "x"');
    expect((await fxn(["ledger", "--by", "moon", "--home", home()])).code).toBe(2);
  });

  test("commands that only look write nothing", async () => {
    const dir = join(home(), "new");
    for (const args of [
      ["status"],
      ["ledger"],
      ["earnings"],
      ["accounts", "list"],
      ["accounts", "get"],
      ["config", "show"],
      ["config", "check"],
      ["request", "/v1/models"],
    ]) {
      await fxn([...args, "--home", dir]);
    }
    expect(existsSync(dir)).toBeFalse();
  });

  test("init --yes: three files, private, and a second run changes none of them", async () => {
    const dir = join(home(), "node");
    const password = join(home(), "password");
    writeFileSync(password, "correct horse\n", { mode: 0o600 });
    const model = await startListing();
    const first = await fxn(["init", "--yes", "--home", dir, "--password-file", password, "--backend", model.url]);
    expect(first.stderr).toBe("");
    expect(first.code).toBe(0);
    expect(readdirSync(dir).sort()).toEqual(["config.yaml", "model_backend.yaml", "nodekey.json"]);
    expect([mode(dir), mode(join(dir, "nodekey.json")), mode(join(dir, "model_backend.yaml"))]).toEqual([
      0o700, 0o600, 0o600,
    ]);
    const before = readFileSync(join(dir, "nodekey.json"), "utf8");
    expect(JSON.parse(before)).toMatchObject({ version: 3 });
    const second = await fxn(["init", "--yes", "--home", dir, "--password-file", password, "--backend", model.url]);
    expect(second.stdout).toContain("kept");
    expect(readFileSync(join(dir, "nodekey.json"), "utf8")).toBe(before);
    expect((await fxn(["config", "check", "--home", dir])).code).toBe(0);
    await model.stop();
  });

  test("init --yes without a password says where one can come from, and writes nothing", async () => {
    const dir = join(home(), "node");
    const { code, stderr } = await fxn(["init", "--yes", "--home", dir]);
    expect(code).toBe(77);
    expect(stderr).toContain("--password-file");
    expect(existsSync(dir)).toBeFalse();
  });
});

async function startListing() {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => Response.json({ data: [{ id: "llama" }] }) });
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) };
}

describe("bad configuration", () => {
  test("every error at once, with file, line, column and what was meant; exit 78", async () => {
    const dir = home();
    writeGoKey(dir, vectors.keys.node);
    writeFileSync(
      join(dir, "config.yaml"),
      "node:\n  listenPrt: 8080\nlogger:\n  verbosity: loud\nregistry:\n  maxStale: 5x\n",
    );
    writeFileSync(join(dir, "model_backend.yaml"), "models:\n  - id: a\n    backends:\n      - ulr: http://x\n");
    for (const args of [["config", "check"], ["start"]]) {
      const { code, stderr } = await fxn([...args, "--home", dir]);
      expect(code).toBe(78);
      expect(stderr).toContain(`config.yaml:2:3: node.listenPrt: unknown key, did you mean "listenPort"?`);
      expect(stderr).toContain("config.yaml:4:14: logger.verbosity");
      expect(stderr).toContain("config.yaml:6:13: registry.maxStale");
      expect(stderr).toContain("model_backend.yaml:4:9");
    }
  });

  test("bypassAuth is refused on an address that others reach", async () => {
    const dir = home();
    writeConfig(dir, { node: { listenAddress: "0.0.0.0" }, registry: { bypassAuth: true } });
    expect((await fxn(["config", "check", "--home", dir])).code).toBe(78);
  });
});

describe("keys", () => {
  test("start refuses a key file that others can read", async () => {
    const dir = home();
    writeGoKey(dir, vectors.keys.node);
    Bun.spawnSync(["chmod", "644", join(dir, "nodekey.json")]);
    writeConfig(dir, { node: { listenPort: 0 }, admin: { listen: "127.0.0.1:0" } });
    const { code, stderr } = await fxn(["start", "--home", dir]);
    expect(code).toBe(77);
    expect(stderr).toContain("chmod 600");
  });

  test("an encrypted key: start needs its password, takes it from a file or a systemd credential, refuses a wrong one", async () => {
    const dir = home();
    const credentials = home();
    writeFileSync(join(credentials, "fxn-password"), "correct horse", { mode: 0o600 });
    const file = join(credentials, "fxn-password");
    expect((await fxn(["accounts", "new", "--home", dir, "--password-file", file])).code).toBe(0);
    expect((await fxn(["account", "new", "--home", dir, "--password-file", file])).stderr).toContain("already");
    rmSync(join(dir, "nodekey.json"));
    await saveCheapKey(dir, "node", vectors.keys.node.privateKey, "correct horse");
    writeConfig(dir, { node: { listenPort: 0 }, admin: { listen: "127.0.0.1:0" }, rpcProvider: "http://127.0.0.1:1" });
    expect((await fxn(["start", "--home", dir])).code).toBe(77);
    writeFileSync(join(credentials, "wrong"), "wrong", { mode: 0o600 });
    expect((await fxn(["start", "--home", dir, "--password-file", join(credentials, "wrong")])).code).toBe(77);
    const node = await startNode(dir, { env: { CREDENTIALS_DIRECTORY: credentials } });
    expect(await node.stop()).toBe(0);
  });
});

describe("a node that lacks something", () => {
  test("no chain and no model server: it runs, is alive, and says what is missing", async () => {
    const dir = home();
    writeGoKey(dir, vectors.keys.node);
    writeConfig(dir, { node: { listenPort: 0 }, admin: { listen: "127.0.0.1:0" }, rpcProvider: "http://127.0.0.1:1" });
    const node = await startNode(dir);
    expect((await fetch(`${node.url}/health`)).status).toBe(200);
    expect((await fetch(`${node.url}/ready`)).status).toBe(503);
    const status = await fxn(["status", "--home", dir]);
    expect(status.code).toBe(1);
    expect(status.stdout).toContain("NOT READY");
    expect(status.stdout).toContain("registry gateways was never read");
    expect(status.stdout).toContain("fxn init");
    expect(status.stdout.trim().split("\n").length).toBeLessThanOrEqual(10);
    expect((await fxn(["status", "--ready", "--home", dir])).code).toBe(1);
    expect(await node.stop()).toBe(0);
  });

  test("a port that is taken: an error that says which and what to do", async () => {
    const dir = home();
    const other = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      development: false,
      reusePort: false,
      fetch: () => new Response(),
    });
    writeGoKey(dir, vectors.keys.node);
    writeConfig(dir, { node: { listenPort: other.port }, admin: { listen: "127.0.0.1:0" } });
    const { code, stderr } = await fxn(["start", "--home", dir]);
    expect(code).toBe(1);
    expect(stderr).toContain(`cannot listen on 127.0.0.1:${other.port}`);
    await other.stop(true);
  });
});

describe("with a node that runs", () => {
  let world: World;
  beforeAll(async () => {
    // The Go node's own two files, in its form, with its key.
    world = await openWorld({
      config: {
        logger: { verbosity: "info" },
        nonceCache: { ttl: "5m", cleanupInterval: "10m" },
        proxy: { maxIdleConns: 100, idleConnTimeout: "90s" },
      },
      models: (url) => ({
        backendProvider: "custom",
        url,
        fxnId: "my-model",
        apiKey: "",
        bearerToken: "token-of-the-server",
        modelNameAlias: "upstream-name",
      }),
    });
    world.model.behave = json({ ok: true });
    mkdirSync(join(world.home, "keys"), { mode: 0o700 });
    for (const name of ["gateway", "scheduler", "stranger"] as const) {
      const { publicKeyUncompressed, address, privateKey } = vectors.keys[name];
      const text = JSON.stringify({ public_key: publicKeyUncompressed, address, private_key: privateKey });
      writeFileSync(join(world.home, "keys", `${name}.json`), text, { mode: 0o600 });
    }
  });
  afterAll(() => world.close());

  const request = (args: string[], stdin?: string) =>
    fxn(["request", ...args, "--home", world.home, "--url", world.node.url], stdin === undefined ? {} : { stdin });

  test("the Go node's files: any model goes to the one server, under its alias, with its credential", async () => {
    const body = JSON.stringify({ model: "whatever", messages: [] });
    const { code, stdout } = await request([CHAT, body, "--account", "gateway"]);
    expect([code, stdout]).toEqual([0, `{"ok":true}\n`]);
    const call = world.model.calls.at(-1);
    expect(call?.body.toString()).toBe(JSON.stringify({ model: "upstream-name", messages: [] }));
    expect(call?.headers.authorization).toBe("Bearer token-of-the-server");
  });

  test("request: as the scheduler, from standard input, from a file, and as a stranger", async () => {
    const challenge = await request(["/challenge", "-", "--account", "scheduler"], `{"type":"IDENTITY","payload":{}}`);
    expect(JSON.parse(challenge.stdout)).toMatchObject({
      publicKey: vectors.keys.node.address,
      ipAddress: "203.0.113.7",
      gpuStats: null,
    });
    const file = join(world.home, "body.json");
    writeFileSync(file, JSON.stringify({ model: "x", messages: [] }));
    expect((await request([CHAT, `@${file}`, "--account", "gateway"])).code).toBe(0);
    const stranger = await request([CHAT, "{}", "--account", "stranger"]);
    expect(stranger.code).toBe(1);
    expect(stranger.stderr).toContain("401");
    expect(stranger.stdout).toContain("caller_not_authorized");
    const models = await request(["/v1/models", "--account", "gateway"]);
    expect(JSON.parse(models.stdout)).toMatchObject({
      data: [{ id: "my-model", fxn_id: "my-model", owned_by: "fxn" }],
    });
  });

  test("status: ready, in ten lines, each with its next step, and as JSON; --ready prints nothing", async () => {
    const human = await fxn(["status", "--home", world.home]);
    expect(human.code).toBe(0);
    expect(human.stdout).toContain("ready: requests are served");
    expect(human.stdout).toContain(new URL(world.node.url).port);
    expect(human.stdout).toMatch(/provider {5}not registered \(read \d+s ago\): run fxn provider register/);
    expect(human.stdout).toMatch(
      /^caution +203\.0\.113\.7, .* is no public address: set node\.publicIp .*, then fxn reload$/m,
    );
    expect(human.stdout).toMatch(
      /^traffic +the last request of others came \d+s ago; in the last 24 hours \d+, .*fxn ledger$/m,
    );
    expect(human.stdout.trim().split("\n").length).toBeLessThanOrEqual(10);
    const status: Record<string, unknown> = JSON.parse((await fxn(["status", "--json", "--home", world.home])).stdout);
    expect(status).toMatchObject({
      schema: 1,
      ready: true,
      reasons: [],
      address: vectors.keys.node.address,
      models: ["my-model"],
    });
    const ready = await fxn(["status", "--ready", "--home", world.home]);
    expect(ready).toEqual({ code: 0, stdout: "", stderr: "" });
    const none = home();
    expect((await fxn(["status", "--home", none])).stdout).toMatch(
      /has no config\.yaml: fxn init makes one, then fxn start$/m,
    );
    writeFileSync(join(none, "config.yaml"), "");
    expect((await fxn(["status", "--home", none])).stdout).toMatch(/^No node runs on \S+\. Start it with: fxn start$/m);
    expect(await fxn(["status", "--ready", "--home", none])).toEqual({ code: 1, stdout: "", stderr: "" });
  });

  test("log-level: changes the running node, refuses what is no level", async () => {
    expect(world.node.log()).not.toContain(`"level":"debug"`);
    expect((await fxn(["log-level", "debug", "--home", world.home])).code).toBe(0);
    expect((await fxn(["log-level", "loud", "--home", world.home])).code).toBe(2);
  });

  test("metrics: the names of the Go node and ours, only on the admin listener", async () => {
    const text = await (await fetch(`${world.node.admin}/metrics`)).text();
    for (const name of [
      "endpoint_responses_total{endpoint=",
      "fxn_build_info{",
      "fxn_ready 1",
      "fxn_http_requests_total{route=",
      'fxn_auth_rejected_total{reason="caller_not_authorized"} 1',
      "fxn_inference_duration_seconds_bucket",
      "fxn_backend_up{",
      'fxn_challenge_total{type="IDENTITY",outcome="ok"} 1',
      'fxn_registry_age_seconds{registry="gateways"}',
      "process_resident_memory_bytes",
    ]) {
      expect(text).toContain(name);
    }
    expect((await fetch(`${world.node.url}/metrics`)).status).toBe(404);
    expect((await fetch(`${world.node.url}/status`)).status).toBe(404);
    expect((await fetch(`${world.node.admin}/status`, { headers: { host: "evil.example" } })).status).toBe(403);
  });

  test("SIGINT stops it as SIGTERM does", async () => {
    world.node.signal("SIGINT");
    expect(await world.node.exited).toBe(0);
    await world.restart();
  });
});
