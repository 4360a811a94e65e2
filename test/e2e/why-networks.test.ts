// fxn why with networks of their own accord on, each of which is kept from its work by one thing: that is named first.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { systemClock } from "../../src/core/clock.ts";
import { formatGoNodeKey } from "../../src/keys/go-nodekey.ts";
import { accountOf } from "../fakes/blindference-account.ts";
import { type BlindferenceServer, serveBlindference } from "../fakes/blindference-server.ts";
import { World as Coordinator, GROQ } from "../fakes/blindference-world.ts";
import { InfernetControlPlane } from "../fakes/infernet-control-plane.ts";
import { verifySchnorr } from "../fakes/infernet-ports.ts";
import { type InfernetServer, serveInfernet } from "../fakes/infernet-server.ts";
import { IpfsApi } from "../fakes/ipfs-api.ts";
import { ModelServer } from "../fakes/model-server.ts";
import { CHAIN_ID, type OarnWorld, startOarnWorld } from "../sandbox/oarn/world.ts";
import { type RpcProxy, startRpcProxy } from "../sandbox/rpc-proxy.ts";
import { fxn, killAll, makeHome, removeHome, startNode, writeConfig } from "./node.ts";
import { until } from "./until.ts";

const KEY = Buffer.alloc(32, 7);
const { address: ACCOUNT, checksumAddress: SHOWN } = accountOf(KEY.toString("hex"));

const finding = z.object({ id: z.string(), message: z.string(), hint: z.string(), link: z.string() });
const why = z.object({ answer: finding.nullable(), red: z.array(finding) });

const plane = new InfernetControlPlane(systemClock, verifySchnorr);
const coordinator = new Coordinator(Date.now);
const home = makeHome();
let model: ModelServer;
let planeServer: InfernetServer;
let coordinatorServer: BlindferenceServer;
let ipfs: IpfsApi;
let oarn: OarnWorld;
let rpc: RpcProxy;

beforeAll(async () => {
  model = await ModelServer.start();
  planeServer = serveInfernet(plane);
  coordinatorServer = serveBlindference(coordinator);
  ipfs = new IpfsApi();
  oarn = await startOarnWorld();
  rpc = startRpcProxy(oarn.rpcUrl);
  mkdirSync(join(home, "keys"), { mode: 0o700 });
  for (const name of ["nostr", "wallet"]) {
    writeFileSync(join(home, "keys", `${name}.json`), formatGoNodeKey(KEY), { mode: 0o600 });
  }
  const { url, base } = coordinatorServer;
  writeConfig(
    home,
    {
      node: { listenPort: 0 },
      admin: { listen: "127.0.0.1:0" },
      health: { interval: "500ms", failures: 2 },
      networks: {
        function: { enabled: false },
        infernet: { enabled: true, url: planeServer.url, intervals: { heartbeatMs: 500, pollMs: 200, commandMs: 500 } },
        blindference: {
          ...{ enabled: true, account: "wallet", url, paymentUrl: `${base}/pay`, models: [GROQ] },
          cofhe: { mode: "python", endpoint: `${base}/cofhe/` },
          ipfs: { gateway: `${base}/ipfs`, otherGateways: [] },
        },
        oarn: {
          ...{ enabled: true, account: "wallet", storage: { ipfsApi: ipfs.url } },
          blockchain: {
            ...{ chainId: CHAIN_ID, rpcUrls: [rpc.url], pollInterval: "500ms" },
            contracts: { taskRegistryV2: [oarn.v2] },
          },
        },
      },
    },
    { models: [{ id: "llama-3.3-70b-versatile", backends: [{ url: model.url, model: "tiny" }] }] },
  );
  await startNode(home);
});
afterAll(async () => {
  await killAll();
  await Promise.all([rpc.stop(), oarn.stop(), planeServer.stop(), coordinatorServer.stop()]);
  ipfs.stop();
  model.stop();
  removeHome(home);
});

async function asked() {
  const { code, stdout, stderr } = await fxn(["why", "--home", home, "--json"]);
  expect(stderr).toBe("");
  const { answer, red } = why.parse(JSON.parse(stdout));
  expect(code).toBe(answer ? 1 : 0);
  return { answer, red };
}

/** Alone, with a hint and a link, for a person as for a script; until somebody mends it. */
async function isNamed(id: string, message: RegExp, hint: RegExp): Promise<void> {
  const { answer, red } = await asked();
  const link = `README.md#check-${id.replace(".", "-")}`;
  const words = { message: expect.stringMatching(message), hint: expect.stringMatching(hint) };
  expect({ answer, red }).toEqual({ answer: expect.objectContaining({ id, link, ...words }), red: [] });
  const { stdout } = await fxn(["why", "--home", home]);
  expect(stdout).toStartWith(`No traffic comes because of ${id}: `);
  expect(stdout).toContain(`Do this: ${answer?.hint}`);
  expect(stdout).toContain(`More: fxn doctor --explain ${id}\n`);
}

const untilWell = () => until(async () => (await asked()).answer === null, 30_000);

test("oarn.funds: an account without ETH, before anybody has sent it some", async () => {
  await until(async () => (await asked()).answer?.id === "oarn.funds", 30_000);
  await isNamed("oarn.funds", new RegExp(`^nothing to pay gas with: 0 ETH at ${SHOWN} on chain ${CHAIN_ID}$`), /^Send/);
  await oarn.client.setBalance({ address: ACCOUNT, value: 10n ** 18n });
  await untilWell();
});

test("oarn.discovery: an RPC that answers nobody, which explains all that is asked of the chain", async () => {
  rpc.misbehave(() => new Response("gone", { status: 502 }));
  await isNamed("oarn.discovery", /^there is no task registry: .*RPC 127\.0\.0\.1:\d+: .*502/, /taskRegistryV2/);
  rpc.misbehave(undefined);
  await untilWell();
});

test("infernet.registered: a control plane that fails", async () => {
  plane.fault = () => ({ kind: "status", status: 500, applied: false });
  await isNamed(
    "infernet.registered",
    /^the control plane cannot be asked: .*127\.0\.0\.1:\d+/,
    /networks\.infernet\.url/,
  );
  plane.fault = () => undefined;
  await untilWell();
});

test("blindference.icl: an ICL that fails", async () => {
  coordinator.icl.fail("/", { kind: "status", status: 503 }, 1e9);
  await isNamed(
    "blindference.icl",
    /^the ICL cannot be asked: .*127\.0\.0\.1:\d+.*out of order/,
    /networks\.blindference\.url/,
  );
  coordinator.icl.faults.splice(0);
  await untilWell();
});

test("a model server that does not answer is the reason for all networks, and stands before theirs", async () => {
  const { port } = new URL(model.url);
  model.stop();
  await until(async () => {
    const { answer, red } = await asked();
    const ids = red.map(({ id }) => id);
    // The node leaves it out after some failures; networks are told then.
    if (!ids.includes("infernet.models") || !ids.includes("blindference.models")) return false;
    expect(answer).toMatchObject({ id: "backend.answers", message: expect.stringContaining(`127.0.0.1:${port}`) });
    return true;
  }, 60_000);
});
