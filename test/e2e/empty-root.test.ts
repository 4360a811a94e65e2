// From the release to the first request and beyond, in a system that has glibc, a shell and a few small programs only.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { parseAddress } from "../../src/core/address.ts";
import { type EmptyRoot, emptyRoot, emptyRootMissing } from "../fakes/empty-root.ts";
import { ModelServer } from "../fakes/model-server.ts";
import { NEWER, newerProgram } from "../fakes/newer-program.ts";
import { signingKey, writeRelease } from "../fakes/release.ts";
import { type Chain, startChain } from "../sandbox/chain.ts";
import { signedFetch } from "../sandbox/gateway.ts";
import vectors from "../vectors/function.json";
import { BINARY } from "./node.ts";
import { until } from "./until.ts";
import { account, CHAT, chatBody, outcome } from "./world.ts";

/** What install.sh uses, and minisign. */
const PROGRAMS =
  "id uname mktemp mkdir rm rmdir cp mv chmod cut head tail tr wc sort cat od sed grep tar gzip sha256sum minisign".split(
    " ",
  );
const KEY = signingKey().publicKey;
const missing = emptyRootMissing(...PROGRAMS);

describe.skipIf(missing !== "")(`an empty system${missing && ` (skipped: ${missing})`}`, () => {
  let root: EmptyRoot;
  let chain: Chain;
  let model: ModelServer;
  let node: ReturnType<typeof startNode> | undefined;
  let version = "";
  beforeAll(async () => {
    root = emptyRoot(...PROGRAMS);
    ({ version } = await Bun.file(join(import.meta.dir, "../../package.json")).json());
    await writeRelease(join(root.path, "release"), { version, program: readFileSync(BINARY) });
    await writeRelease(join(root.path, "newer-release"), {
      version: NEWER,
      program: readFileSync(await newerProgram()),
    });
    copyFileSync(join(import.meta.dir, "../../build/install/install.sh"), join(root.path, "release/install.sh"));
    writeFileSync(join(root.path, "root/password"), "correct horse battery staple\n", { mode: 0o600 });
    chain = await startChain();
    const gateway = parseAddress(vectors.keys.gateway.address);
    if (gateway) await chain.addGateway(gateway);
    model = await ModelServer.start();
  }, 240_000);
  afterAll(async () => {
    node?.child.kill("SIGKILL");
    await node?.child.exited;
    model.stop();
    await chain.stop();
    root.remove();
  });

  async function run(...words: string[]) {
    const child = Bun.spawn(root.command(...words), { stdout: "pipe", stderr: "pipe" });
    const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    return { code: await child.exited, stdout, stderr };
  }

  function startNode() {
    const child = Bun.spawn(root.command("fxn", "start", "--password-file", "/root/password"), {
      env: {
        ...process.env,
        FXN_RPC_PROVIDER: chain.rpcUrl,
        FXN_REGISTRY_ROUTER_SMART_CONTRACT_ADDRESS: chain.router,
        FXN_NODE_LISTEN_PORT: "0",
        FXN_ADMIN_LISTEN: "127.0.0.1:0",
      },
      stdout: "ignore",
      stderr: "pipe",
    });
    let log = "";
    void (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of child.stderr) log += decoder.decode(chunk, { stream: true });
    })();
    return { child, log: () => log };
  }

  async function status() {
    const { stdout } = await run("fxn", "status", "--json");
    const shape = z.object({
      ready: z.boolean().default(false),
      version: z.string().default(""),
      listen: z.string().default(""),
    });
    return shape.parse(JSON.parse(stdout));
  }

  async function ask(): Promise<string> {
    const body = JSON.stringify(chatBody());
    const url = `http://${(await status()).listen}${CHAT}`;
    return outcome(await signedFetch(account("gateway"))(url, { method: "POST", body }));
  }

  test("install.sh, from the folder of the release", async () => {
    const done = await run("sh", "/release/install.sh", "--from", "/release", "--to", "/bin", "--public-key", KEY);
    expect(done).toEqual({ code: 0, stdout: expect.stringContaining("is installed: /bin/fxn"), stderr: "" });
  });

  test("fxn init", async () => {
    const done = await run("fxn", "init", "--yes", "--password-file", "/root/password", "--backend", model.url);
    expect(done).toMatchObject({ code: 0 });
  });

  test("fxn start, and a signed request", async () => {
    node = startNode();
    await until(async () => (await status()).ready, 20_000).catch((error) => {
      throw new Error(`${error}\n${node?.log()}`);
    });
    expect(await ask()).toBe("200");
  });

  test("fxn update, while it runs", async () => {
    const done = await run("fxn", "update", "--from", "/newer-release", "--public-key", KEY);
    expect(done).toMatchObject({ code: 0, stderr: "" });
    expect(await status()).toMatchObject({ ready: true, version: NEWER });
    expect(await ask()).toBe("200");
  });

  test("fxn update --rollback, while it runs", async () => {
    expect(await run("fxn", "update", "--rollback")).toMatchObject({ code: 0, stderr: "" });
    expect(await status()).toMatchObject({ ready: true, version });
    expect(await ask()).toBe("200");
  });

  test("SIGTERM to the first process ends it all", async () => {
    node?.child.kill("SIGTERM");
    expect(await node?.child.exited).toBe(0);
    expect((await run("fxn", "status")).stdout).toContain("No node runs");
  });
});
