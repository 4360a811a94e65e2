// Canaries planted in everything secret, and the whole log of a run at its most talkative searched for them, and the database.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { drop, json, stream } from "../fakes/model-server.ts";
import { startRpcProxy } from "../sandbox/rpc-proxy.ts";
import vectors from "../vectors/function.json";
import { CHAT, chatBody, openWorld, type World } from "./world.ts";

// One word, since parsers quote the word that they stumble over.
const PROMPT = "canaryPrompt5f2c";
const ANSWER = "canaryAnswer91ab";
const RPC_PATH = "canary-rpc-path-77d0";
const API_KEY = "canary-backend-key-3e4f";

let world: World;
let rpc: Awaited<ReturnType<typeof startRpcProxy>>;
const signatures: string[] = [];

beforeAll(async () => {
  const pollInterval = "200ms";
  world = await openWorld({
    config: { registry: { gateway: { pollInterval }, provider: { pollInterval } } },
    models: (url) => ({ models: [{ id: "tiny", backends: [{ url: `${url}/canary-backend-path`, apiKey: API_KEY }] }] }),
  });
  rpc = await startRpcProxy(world.chain.rpcUrl);
  await world.node.kill();
  await Bun.write(
    `${world.home}/config.yaml`,
    (await Bun.file(`${world.home}/config.yaml`).text()).replace(
      world.chain.rpcUrl,
      `${rpc.url}/${RPC_PATH}?key=${RPC_PATH}`,
    ),
  );
  await world.restart();
});
afterAll(async () => {
  await rpc.stop();
  await world.close();
});

/** Of the database with what stands beside it, as they are on the disk. */
/** Every file that the node keeps its state in. */
function stateBytes(): [name: string, bytes: Buffer][] {
  const names = readdirSync(world.home, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => name.startsWith("fxn.") && statSync(join(world.home, name)).isFile());
  return files.map((name) => [name, readFileSync(join(world.home, name))]);
}

test("a whole run leaves no prompt, answer, key, signature or RPC path in log, status, metrics or state", async () => {
  const remember = (headers: Record<string, string>) => {
    signatures.push(headers["X-Signature"]!.replace("0x", ""));
    return headers;
  };
  const body = chatBody({ messages: [{ role: "user", content: PROMPT }] });
  const send = (change: Record<string, unknown> = {}, options = {}) =>
    world
      .send(CHAT, { ...body, ...change }, { alterHeaders: remember, ...options })
      .then((response) => response.text());

  world.model.behave = json({ choices: [{ message: { content: ANSWER } }] });
  await send();
  world.model.behave = stream({ tokens: [ANSWER, ANSWER], end: "cut" });
  await send({ stream: true });
  world.model.behave = json({ error: { message: `${ANSWER} ${PROMPT}` } }, 500);
  await send();
  world.model.behave = json(`not json ${ANSWER}`, 200);
  await send();
  world.model.behave = drop();
  await send();
  await send({}, { as: "stranger" });
  await send({}, { alterBody: (text: string) => `${text} ` });
  await send({ model: "nope" });
  await world.send(CHAT, `{"broken": "${PROMPT}`, { alterHeaders: remember });
  await world.send("/challenge", { type: PROMPT, payload: PROMPT }, { as: "scheduler", alterHeaders: remember });
  await world.send("/challenge", `{"type": ${PROMPT}`, { as: "scheduler", alterHeaders: remember });
  await world.send("/challenge", `{"type": "IDENTITY", "payload": ${PROMPT}}`, { as: "scheduler" });
  await world.chain.down();
  await world.node.logged("registry could not be read; the last read serves");
  await world.chain.up();
  const shown = [
    await (await fetch(`${world.node.admin}/status`)).text(),
    await (await fetch(`${world.node.admin}/metrics`)).text(),
    await (await fetch(`${world.node.admin}/ready`)).text(),
  ].join("\n");
  const stored = stateBytes();
  await world.node.stop();
  stored.push(...stateBytes());

  const log = world.node.log();
  expect(log).toContain(`"level":"debug"`);
  expect(log).toContain(`"msg":"request"`);
  expect(signatures.length).toBeGreaterThan(8);
  // What must be there is found: the search works.
  const names = [...new Set(stored.map(([name]) => name))];
  for (const part of ["fxn.db-wal", "fxn.ledger/", "fxn.nonces/"]) {
    expect(names.some((name) => name.startsWith(part))).toBeTrue();
  }
  expect(stored.some(([, bytes]) => bytes.includes(CHAT))).toBeTrue();
  const { privateKey } = vectors.keys.node;
  for (const secret of [PROMPT, ANSWER, RPC_PATH, API_KEY, "canary-backend-path", privateKey, ...signatures]) {
    expect(log).not.toContain(secret);
    expect(shown).not.toContain(secret);
    expect(stored.filter(([, bytes]) => bytes.includes(secret)).map(([name]) => name)).toEqual([]);
  }
});
