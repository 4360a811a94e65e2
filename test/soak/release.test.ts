// A release: built twice in two folders it is the same, and the file for arm64 runs, on an emulated processor.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAddress } from "../../src/core/address.ts";
import { makeHome, removeHome, writeConfig } from "../e2e/node.ts";
import { until } from "../e2e/until.ts";
import { account, CHAT, chatBody } from "../e2e/world.ts";
import { ModelServer, USAGE } from "../fakes/model-server.ts";
import { type Chain, startChain } from "../sandbox/chain.ts";
import { signedFetch } from "../sandbox/gateway.ts";

const ROOT = join(import.meta.dir, "../..");
const EMULATOR = Bun.which("qemu-aarch64-static");
/** Debian's libc6-arm64-cross. */
const LIBRARIES = "/usr/aarch64-linux-gnu";
/** An emulated processor is slow: what takes a second takes half a minute there. */
const LIMIT_MS = 300_000;
const missing = EMULATOR && existsSync(LIBRARIES) ? "" : " (skipped: no qemu-user-static and libc6-arm64-cross)";

test("archives for all three kinds of system are the same, byte for byte, wherever they are built", async () => {
  const names = ["linux-arm64", "darwin-arm64", "windows-x64"];
  const child = Bun.spawn([process.execPath, "build/verify.ts", ...names], {
    cwd: ROOT,
    stdout: "pipe",
    stderr: "inherit",
  });
  const said = await new Response(child.stdout).text();
  expect([await child.exited, said]).toEqual([0, expect.stringContaining("the same, byte for byte")]);
  for (const name of names)
    expect(said).toMatch(new RegExp(`^[0-9a-f]{64} {2}fxn-.*-${name}\\.(?:tar\\.gz|zip)$`, "m"));
});

describe.skipIf(missing !== "")(`the file for arm64, on its processor${missing}`, () => {
  const file = join(ROOT, "dist/build/linux-arm64/fxn");
  const command = (words: readonly string[]) => [EMULATOR ?? "", "-L", LIBRARIES, file, ...words];
  const home = makeHome();
  const password = join(home, "password");
  writeFileSync(password, "correct horse", { mode: 0o600 });
  const own = ["--home", home, "--password-file", password];
  let chain: Chain;
  let model: ModelServer;
  beforeAll(async () => {
    chain = await startChain();
    model = await ModelServer.start();
  });
  afterAll(async () => {
    model.stop();
    await chain.stop();
    removeHome(home);
  });

  async function run(...words: string[]): Promise<{ code: number; said: string }> {
    const child = Bun.spawn(command(words), { stdout: "pipe", stderr: "pipe" });
    const [out, err, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { code, said: `${out}${err}` };
  }

  test("answers what it is and can", async () => {
    expect((await run("--version")).said).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await run("challenge", "list")).toEqual({ code: 0, said: expect.stringContaining("MATRIX_PROOF") });
  });

  test("makes a key, serves a gateway's signed request, refuses it again, says that it is ready, and ends", async () => {
    const made = await run("accounts", "new", ...own);
    expect(made).toEqual({ code: 0, said: expect.stringMatching(/0x[0-9a-fA-F]{40}/) });
    const gateway = account("gateway");
    const address = parseAddress(gateway.address);
    if (address) await chain.addGateway(address);
    writeConfig(
      home,
      {
        node: { listenPort: 0, publicIp: "203.0.113.7" },
        admin: { listen: "127.0.0.1:0" },
        server: { workers: 1 },
        rpcProvider: chain.rpcUrl,
        registry: { routerSmartContractAddress: chain.router },
      },
      { models: [{ id: "tiny", backends: [{ url: model.url }] }] },
    );
    const node = Bun.spawn(command(["start", ...own]), { stdout: "ignore", stderr: "pipe" });
    try {
      const port = await portOf(node.stderr);
      await until(async () => (await run("status", "--ready", "--home", home)).code === 0, LIMIT_MS);
      const send = signedFetch(gateway, { nonce: "5ca1ab1e" });
      const ask = () =>
        send(`http://127.0.0.1:${port}${CHAT}`, {
          method: "POST",
          body: JSON.stringify(chatBody()),
          headers: { "content-type": "application/json" },
        });
      const answer = await ask();
      expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ usage: USAGE })]);
      expect(model.calls.length).toBe(1);
      expect((await ask()).status).toBe(401);
      node.kill("SIGTERM");
      expect(await node.exited).toBe(0);
    } finally {
      node.kill("SIGKILL");
    }
  });
});

/** Of the line that says that it listens; what is written after it is read on, so that the node never waits. */
async function portOf(output: ReadableStream<Uint8Array>): Promise<number> {
  const reader = output.getReader();
  const decoder = new TextDecoder();
  let log = "";
  while (true) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`it ended:\n${log}`);
    log += decoder.decode(value, { stream: true });
    const line = log.split("\n").find((entry) => entry.includes(`"msg":"listening"`) && entry.endsWith("}"));
    if (line === undefined) continue;
    const drain = async (): Promise<void> => {
      while (!(await reader.read()).done);
    };
    void drain();
    return Number(JSON.parse(line).port);
  }
}
