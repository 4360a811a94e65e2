// One node with all five networks on, and whatever stands at the other end of each: a chain and a gateway, a router, a control
// plane, a coordinator with its quorum, and a second chain with registries of tasks.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEther } from "viem";
import { systemClock } from "../../src/core/clock.ts";
import { formatGoNodeKey } from "../../src/keys/go-nodekey.ts";
import { nostrFromKey } from "../../src/keys/nostr.ts";
import { unusedPort } from "../e2e/unused-port.ts";
import { openWorld } from "../e2e/world.ts";
import { answering } from "../fakes/answering-model.ts";
import { accountOf } from "../fakes/blindference-account.ts";
import { BlindferenceQuorum } from "../fakes/blindference-quorum.ts";
import { serveBlindference } from "../fakes/blindference-server.ts";
import { World as BlindferenceWorld, GROQ } from "../fakes/blindference-world.ts";
import { FakeFedaiRouter } from "../fakes/fedai-router.ts";
import { InfernetControlPlane } from "../fakes/infernet-control-plane.ts";
import { verifySchnorr } from "../fakes/infernet-ports.ts";
import { serveInfernet } from "../fakes/infernet-server.ts";
import { IpfsApi } from "../fakes/ipfs-api.ts";
import { OarnRequester } from "../sandbox/oarn/requester.ts";
import { CHAIN_ID, startOarnWorld } from "../sandbox/oarn/world.ts";

export const MODEL = "llama-3.3-70b-versatile";
/** Anvil's third account, for both networks that settle on a chain. */
const KEY = Buffer.from("5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a", "hex");

const BLOCK_MS = 250;

export type FiveNetworks = Awaited<ReturnType<typeof openFiveNetworks>>;

export async function openFiveNetworks() {
  const router = new FakeFedaiRouter(nostrFromKey(Buffer.alloc(32, 9)), systemClock);
  const plane = new InfernetControlPlane(systemClock, verifySchnorr);
  plane.recording = false;
  const planeServer = serveInfernet(plane);
  const blindference = new BlindferenceWorld(Date.now);
  let coordinator = serveBlindference(blindference);
  const { base } = coordinator;
  const oarn = await startOarnWorld();
  const ipfs = new IpfsApi();
  const account = accountOf(KEY.toString("hex"));
  await oarn.client.setBalance({ address: account.address, value: parseEther("100") });
  const stopMining = await oarn.mineEvery(BLOCK_MS);
  const fedaiPort = await unusedPort();
  const keys = (home: string) => {
    mkdirSync(join(home, "keys"), { mode: 0o700 });
    for (const [name, key] of Object.entries({ nostr: Buffer.alloc(32, 7), jobs: KEY })) {
      writeFileSync(join(home, "keys", `${name}.json`), formatGoNodeKey(key), { mode: 0o600 });
    }
  };
  const world = await openWorld({
    prepare: keys,
    models: (url) => ({ models: [{ id: MODEL, backends: [{ url }] }] }),
    config: {
      logger: { verbosity: "info" },
      // One process, whose memory is looked at.
      server: { workers: 1 },
      networks: {
        fedai: {
          enabled: true,
          listen: `127.0.0.1:${fedaiPort}`,
          endpoint: `http://127.0.0.1:${fedaiPort}`,
          routers: [{ endpoint: router.url, key: router.identity.npub }],
          heartbeat: { interval: "1s" },
        },
        infernet: {
          enabled: true,
          url: planeServer.url,
          intervals: { heartbeatMs: 1000, pollMs: 200, commandMs: 5000 },
        },
        blindference: {
          enabled: true,
          account: "jobs",
          url: `${base}/icl`,
          paymentUrl: `${base}/pay`,
          models: [GROQ],
          intervals: { poll: "500ms", heartbeat: "2s" },
          ipfs: { gateway: `${base}/ipfs`, otherGateways: [], uploadUrl: `${base}/pin/upload`, uploadToken: "jwt" },
          cofhe: { mode: "python", endpoint: `${base}/cofhe/` },
        },
        oarn: {
          enabled: true,
          account: "jobs",
          maxConcurrent: 2,
          blockchain: {
            rpcUrls: [oarn.rpcUrl],
            chainId: CHAIN_ID,
            gasPerDay: "10",
            contracts: { taskRegistryV2: [oarn.v2] },
            pollInterval: "500ms",
            settleInterval: "1s",
          },
          discovery: { method: "manual" },
          compute: { frameworks: [] },
          storage: { ipfsApi: ipfs.url },
          p2p: { enabled: false },
        },
      },
    },
  });
  world.model.behave = answering;
  return {
    world,
    router,
    plane,
    planeUrl: planeServer.url,
    oarn,
    blindference,
    quorum: new BlindferenceQuorum(blindference, account),
    requester: new OarnRequester(oarn, ipfs, account.address),
    taskKey: (id: bigint) => `${CHAIN_ID}/${oarn.v2}/${id}`,
    /** Nobody listens there any more. */
    killCoordinator: () => coordinator.stop(),
    reviveCoordinator(): void {
      coordinator = serveBlindference(blindference, Number(new URL(base).port));
    },
    async close(): Promise<void> {
      // In good order: the first process passes that on to whoever has taken over, which a kill would leave behind.
      await world.node.stop();
      await world.close();
      stopMining();
      router.stop();
      ipfs.stop();
      await Promise.all([planeServer.stop(), coordinator.stop(), oarn.stop()]);
    },
  };
}
