// OARN through the compiled binary: from a reference node's config.toml to a claimed, answered and paid task.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { cidHash, resultHash } from "../../src/networks/oarn/hashes.ts";
import { IpfsApi } from "../fakes/ipfs-api.ts";
import { ModelServer, stream } from "../fakes/model-server.ts";
import { CHAIN_ID, NODES, type OarnWorld, startOarnWorld } from "../sandbox/oarn/world.ts";
import { ANY_PORTS, fxn, killAll, makeHome, removeHome, startNode } from "./node.ts";
import { until } from "./until.ts";

/** Anvil's third account, which is known to everybody. */
const KEY = "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a";

let world: OarnWorld;
let model: ModelServer;
let ipfs: IpfsApi;
let home: string;
let outside: string;
let locked: string[];
beforeAll(async () => {
  world = await startOarnWorld();
  model = await ModelServer.start();
});
afterAll(async () => {
  await model.stop();
  await world.stop();
});
beforeEach(() => {
  ipfs = new IpfsApi();
  home = makeHome();
  outside = makeHome();
  const password = join(outside, "password");
  writeFileSync(password, "correct horse", { mode: 0o600 });
  locked = ["--home", home, "--password-file", password];
});
afterEach(async () => {
  await killAll();
  ipfs.stop();
  removeHome(home);
  removeHome(outside);
});

async function imported(): Promise<void> {
  const file = join(outside, "config.toml");
  const text = `
[network.discovery]
method = "manual"
[blockchain]
chain_id = ${CHAIN_ID}
manual_rpc_url = "${world.rpcUrl}"
[blockchain.contracts]
task_registry_v2 = "${world.v2}"
token_reward = "${world.token}"
[storage]
ipfs_api = "${ipfs.url}"
[wallet]
private_key = "0x${KEY}"
`;
  writeFileSync(file, text, { mode: 0o600 });
  const { code, stdout, stderr } = await fxn(["networks", "import", "oarn", file, ...locked]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("wallet.private_key: taken this once");
  expect(stdout).not.toContain(KEY.slice(0, 8));
  const config = await Bun.file(join(home, "config.yaml")).text();
  const more = 'admin: { listen: "127.0.0.1:0" }\nshutdown: { deadline: 5s }\n';
  writeFileSync(join(home, "config.yaml"), `${config}\n${more}`);
  const models = stringify({ models: [{ id: "tiny", backends: [{ url: model.url }] }] });
  writeFileSync(join(home, "model_backend.yaml"), models, { mode: 0o600 });
}

const start = () =>
  startNode(home, {
    args: locked.slice(2),
    env: {
      ...ANY_PORTS,
      FXN_NETWORKS_OARN_BLOCKCHAIN_POLL_INTERVAL: "200ms",
      FXN_NETWORKS_OARN_BLOCKCHAIN_SETTLE_INTERVAL: "200ms",
    },
  });

const results = (id: bigint) =>
  world.client.readContract({
    address: world.v2,
    abi: world.contract("TaskRegistryV2").abi,
    functionName: "getTaskResults",
    args: [id],
  });

test("a task is claimed, answered by the model server, stored, submitted, and paid; a kill -9 in between changes nothing", async () => {
  await imported();
  model.behave = stream({ tokens: ["forty", "-two"] });
  const modelCid = String(await ipfs.blocks.add(new TextEncoder().encode("tiny")));
  const inputCid = String(await ipfs.blocks.add(new TextEncoder().encode("six times seven")));
  const requirements = JSON.stringify({ framework: "text", model: "tiny", model_cid: modelCid, input_cid: inputCid });
  const node = await start();
  const id = await world.submitV2({ modelHash: cidHash(modelCid), inputHash: cidHash(inputCid), requirements });
  const hash = resultHash(new TextEncoder().encode("forty-two"));
  await until(async () => Bun.inspect(await results(id)).includes(hash), 30_000);
  const shown = (await fxn(["networks", "status", "--check", "--home", home])).stdout;
  expect(shown).toContain("oarn: ready");
  expect(shown).toContain("ok    oarn.discovery");
  await node.kill();
  const again = await start();
  for (const other of NODES.slice(1)) {
    await world.write("TaskRegistryV2", world.v2, "claimTask", [id], other);
    await world.write("TaskRegistryV2", world.v2, "submitResult", [id, hash], other);
  }
  const earned = async () => (await fxn(["earnings", "--home", home, "--json"])).stdout;
  await until(async () => (await earned()).includes('"ETH"') && (await earned()).includes("reward"), 30_000);
  // What the operator's page and fxn top are told.
  const told = async () => (await fetch(`${again.admin}/activity`)).text();
  await until(async () => /"network":"oarn","asset":"ETH","kind":"reward","today":"[1-9]/.test(await told()), 30_000);
  expect(await again.stop()).toBe(0);
  expect(await results(id)).toHaveLength(3);
  expect(node.log() + again.log()).not.toMatch(/six times seven|forty|5de4111a/);
}, 120_000);
