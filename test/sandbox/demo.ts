// npm run demo: a chain, a model server, the compiled node, a gateway and a scheduler on this machine, and what they say.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { stringify } from "yaml";
import { z } from "zod";
import { parseAddress } from "../../src/core/address.ts";
import { messageOf } from "../../src/core/errors.ts";
import { fxn, type RunningNode, startNode, writeConfig } from "../e2e/node.ts";
import { type Chain, startChain } from "./chain.ts";
import { askCompletion, askEmbedding, askIdentity, askStream, type DemoTarget, refusals } from "./demo-requests.ts";
import { measured, printed, wrapped } from "./demo-text.ts";
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
  say(`  node          dist/fxn start, ${node.url}`);
  say(`                address ${nodeAddress}`);

  const target: DemoTarget = { url: node.url, gateway, scheduler, stranger };
  const [chatModel = "", embeddingModel = chatModel] = ids;
  const chat = {
    model: chatModel,
    messages: [{ role: "user", content: "Tell me about the village." }],
    max_tokens: 48,
    stream: true,
  };

  heading("As a registered gateway: a chat, streamed");
  const streamed = await askStream(target, chat, wrapped(process.stdout));
  say();

  heading("What was asked, and what came; the challenge as the scheduler");
  const fromModels = [streamed, await askCompletion(target, chatModel), await askEmbedding(target, embeddingModel)];
  const asked = [...fromModels, await askIdentity(target)];
  const skipped = backendUrl ? fromModels.filter(({ status }) => status === 404) : [];
  say(measured(asked, skipped));

  heading("Refused");
  const refused = await refusals(target, chat);
  for (const { attack, expected, got } of refused)
    say(`  ${attack.padEnd(20)} ${got}${got === expected ? "" : `   EXPECTED ${expected}`}`);

  heading("Be your own scheduler: fxn challenge rehearse --size 512");
  const rehearsal = await fxn(["challenge", "rehearse", "--home", home, "--size", "512"]);
  say(printed(rehearsal.stdout));

  heading("The node's own ledger: fxn ledger");
  say(printed((await fxn(["ledger", "--home", home, "--by", "model"])).stdout));

  const failed = [
    ...asked
      .filter((one) => one.status !== 200 && !skipped.includes(one))
      .map(({ what, status, answer }) => `${what} was answered ${status}: ${answer}`),
    ...refused
      .filter(({ expected, got }) => got !== expected)
      .map(({ attack, got }) => `${attack} was answered ${got}`),
  ];
  if (rehearsal.code !== 0) failed.push(`the rehearsal failed ${rehearsal.stderr}`);
  if (skipped.length === fromModels.length) failed.push(`${upstream} has none of the routes that were asked for`);
  if (failed.length > 0) throw new Error(failed.join("; "));
  say("\nAll of it went as it should.");
  if (skipped.length > 0) {
    say(`Skipped, since the model server has no such route: ${skipped.map(({ what }) => what).join("; ")}.`);
  }
  if (!once) await untilInterrupted(node);
}

/** Leaves everything running for the reader to try. */
async function untilInterrupted(running: RunningNode): Promise<void> {
  heading("Still running; Ctrl-C ends it. Try:");
  say(`  dist/fxn status --home ${running.home}`);
  say(`  curl ${running.admin}/metrics`);
  say(`  dist/fxn request /v1/models --home ${running.home} --url ${running.url}`);
  say("  # 401: the node's own key is no gateway");
  say(`\n${stringify({ config: `${running.home}/config.yaml`, models: `${running.home}/model_backend.yaml` })}`);
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
}

const modelList = z.object({ data: z.array(z.object({ id: z.string() })).min(1) });

async function modelIds(url: string): Promise<string[]> {
  const listUrl = `${url.replace(/\/?$/, "").replace(/\/v1$/, "")}/v1/models`;
  try {
    const { data } = modelList.parse(await (await fetch(listUrl)).json());
    return data.map(({ id }) => id);
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? "the answer is no list of models" : messageOf(cause);
    throw new Error(`${listUrl} does not say which models there are: ${reason}`, { cause });
  }
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
  process.stderr.write(`\nThe demo failed: ${messageOf(error)}\n`);
  if (node) process.stderr.write(`\nThe node's log:\n${node.log()}\n`);
} finally {
  await cleanUp();
}
process.exit();
