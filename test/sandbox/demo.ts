// npm run demo: a chain, a model server, the compiled node, a gateway and a scheduler on this machine, and what they say.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { stringify } from "yaml";
import { z } from "zod";
import { parseAddress } from "../../src/core/address.ts";
import { fxn, type RunningNode, startNode, writeConfig } from "../e2e/node.ts";
import { type Chain, startChain } from "./chain.ts";
import { type Asked, askJson, askStream, type DemoTarget, refusals } from "./demo-requests.ts";
import { type ModelServer, startModelServer } from "./spawn.ts";

const once = process.argv.includes("--once");
const backendFlag = process.argv.indexOf("--backend");
const backendUrl = backendFlag >= 0 ? process.argv[backendFlag + 1] : undefined;

const say = (text = "") => process.stdout.write(`${text}\n`);
const heading = (text: string) => say(`\n\x1b[1m${text}\x1b[0m`);

const home = mkdtempSync(join(tmpdir(), "fxn-demo-"));
let chain: Chain | undefined;
let models: ModelServer | undefined;
let node: RunningNode | undefined;

async function cleanUp(): Promise<void> {
  await node?.stop();
  await models?.stop();
  await chain?.stop();
  rmSync(home, { recursive: true, force: true });
}

async function main(): Promise<void> {
  if (backendFlag >= 0 && !URL.canParse(backendUrl ?? "")) {
    throw new Error("--backend needs the URL of a model server, such as http://127.0.0.1:11434");
  }
  const gateway = privateKeyToAccount(generatePrivateKey());
  const scheduler = privateKeyToAccount(generatePrivateKey());
  const stranger = privateKeyToAccount(generatePrivateKey());

  heading("On this machine, on free loopback ports");
  chain = await startChain();
  await chain.addGateway(address(gateway.address));
  say(`  chain         anvil, chain ${chain.chainId}, Router ${chain.router}`);
  if (!backendUrl) models = await startModelServer({ cacheDir: join(home, "model"), paceMs: 15 });
  const upstream = models?.url ?? backendUrl ?? "";
  const ids = models?.models ?? (await modelIds(upstream));
  say(`  model server  ${models ? "llama.cpp's engine with a tiny random model, real embeddings" : upstream}`);

  const key = await fxn(["accounts", "new", "--home", home, "--insecure-plaintext", "--json"]);
  if (key.code !== 0) throw new Error(`fxn accounts new failed: ${key.stderr}`);
  const { address: nodeAddress } = JSON.parse(key.stdout);
  await chain.addProvider(address(nodeAddress));
  writeConfig(
    home,
    {
      node: { listenPort: 0, publicIp: "203.0.113.7" },
      admin: { listen: "127.0.0.1:0" },
      rpcProvider: chain.rpcUrl,
      registry: { routerSmartContractAddress: chain.router },
      schedulerAddress: scheduler.address,
    },
    { models: ids.map((id) => ({ id, backends: [{ url: upstream }] })) },
  );
  node = await startNode(home);
  await node.ready();
  say(`  node          dist/fxn start, ${node.url}, address ${nodeAddress}`);

  const target: DemoTarget = { url: node.url, gateway, scheduler, stranger };
  const [chatModel = "", embeddingModel = chatModel] = ids;
  const chat = {
    model: chatModel,
    messages: [{ role: "user", content: "Tell me about the village." }],
    max_tokens: 48,
    stream: true,
  };
  const asked: Asked[] = [];

  heading("As a registered gateway: a chat, streamed");
  process.stdout.write("  ");
  asked.push(
    await askStream(target, "chat, streamed", "/v1/chat/completions", chat, (text) => process.stdout.write(text)),
  );
  say();

  heading("A completion, an embedding, and a challenge as the scheduler");
  asked.push(
    await askJson(target, "completion", "/v1/completions", { model: chatModel, prompt: "The river", max_tokens: 24 }),
  );
  asked.push(await askJson(target, "embedding", "/v1/embeddings", { model: embeddingModel, input: "a quiet village" }));
  asked.push(await askJson(target, "challenge IDENTITY", "/challenge", { type: "IDENTITY", payload: {} }, scheduler));
  for (const { what, answer } of asked.slice(1)) say(`  ${what.padEnd(20)} ${answer}`);

  heading("Refused");
  const refused = await refusals(target, chat);
  for (const { attack, expected, got } of refused)
    say(`  ${attack.padEnd(20)} ${got}${got === expected ? "" : `   EXPECTED ${expected}`}`);

  heading("Measured");
  say(`  ${"asked".padEnd(20)} ${"status".padEnd(7)} ${"first token".padEnd(12)} ${"tokens".padEnd(7)} tokens/s`);
  for (const { what, status, firstMs, tokens, tokensPerSecond } of asked) {
    const cells = [
      what.padEnd(20),
      String(status).padEnd(7),
      `${firstMs.toFixed(0)} ms`.padEnd(12),
      String(tokens ?? "-").padEnd(7),
    ];
    say(`  ${cells.join(" ")} ${tokensPerSecond?.toFixed(0) ?? "-"}`);
  }

  heading("The node's own ledger: fxn ledger");
  say((await fxn(["ledger", "--home", home, "--by", "model"])).stdout.trimEnd().replace(/^/gm, "  "));

  const failed = [
    ...asked.filter(({ status }) => status !== 200).map(({ what, status }) => `${what} was answered ${status}`),
    ...refused
      .filter(({ expected, got }) => got !== expected)
      .map(({ attack, got }) => `${attack} was answered ${got}`),
  ];
  if (failed.length > 0) throw new Error(failed.join("; "));
  say("\nAll of it went as it should.");
  if (!once) await untilInterrupted(node);
}

/** Leaves everything running for the reader to try. */
async function untilInterrupted(running: RunningNode): Promise<void> {
  heading("Still running; Ctrl-C ends it. Try:");
  say(`  dist/fxn status --home ${running.home}`);
  say(`  curl ${running.admin}/metrics`);
  say(
    `  dist/fxn request /v1/models --home ${running.home} --url ${running.url}     # the node's own key is no gateway: 401`,
  );
  say(`\n${stringify({ config: `${running.home}/config.yaml`, models: `${running.home}/model_backend.yaml` })}`);
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
}

async function modelIds(url: string): Promise<string[]> {
  const answer = await fetch(`${url.replace(/\/$/, "")}/v1/models`);
  return z
    .object({ data: z.array(z.object({ id: z.string() })) })
    .parse(await answer.json())
    .data.map(({ id }) => id);
}

function address(text: string) {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`not an address: ${text}`);
  return parsed;
}

try {
  await main();
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(`\nThe demo failed: ${error instanceof Error ? error.message : error}\n`);
  if (node) process.stderr.write(`\nThe node's log:\n${node.log()}\n`);
} finally {
  await cleanUp();
}
process.exit();
