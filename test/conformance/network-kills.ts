// The compiled node with Blindference and OARN on, killed again and again at every step of their jobs; all else lives on here.
import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEther } from "viem";
import { z } from "zod";
import { systemClock } from "../../src/core/clock.ts";
import { formatGoNodeKey } from "../../src/keys/go-nodekey.ts";
import type { JobRecord } from "../../src/networks/jobs/job.ts";
import { jobRecords } from "../../src/networks/jobs/job-book.ts";
import { openReadOnly } from "../../src/store/database.ts";
import { networkState } from "../../src/store/network-state.ts";
import { BARE_ENV, BINARY, writeConfig } from "../e2e/node.ts";
import { answering, answerTo } from "../fakes/answering-model.ts";
import { accountOf } from "../fakes/blindference-account.ts";
import { BlindferenceQuorum } from "../fakes/blindference-quorum.ts";
import { serveBlindference } from "../fakes/blindference-server.ts";
import { GROQ, World } from "../fakes/blindference-world.ts";
import { IpfsApi } from "../fakes/ipfs-api.ts";
import { ModelServer } from "../fakes/model-server.ts";
import { seeded } from "../fakes/seeded.ts";
import { byPath, type WatchedService, watch } from "../fakes/watched-service.ts";
import { OarnRequester } from "../sandbox/oarn/requester.ts";
import { CHAIN_ID, startOarnWorld } from "../sandbox/oarn/world.ts";
import { bookFaults, nameOfRpc, noteSent, rewardFaults } from "./chain-book.ts";
import { KillCampaign } from "./kill-campaign.ts";

/** Anvil's third account, which signs for both networks. */
const KEY = "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a";
const SERVED = "llama-3.3-70b-versatile";
/** Of each kind, at a time. */
const ON_OFFER = 2;
const BLOCK_MS = 250;
const FINISH_MS = 240_000;
/** The one honest end of a job beside its success. */
const GIVEN_UP = /the node went down \d+ times during it/;

export interface NetworkKillsResult {
  readonly jobs: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly transactions: number;
  /** How often it was killed at each point. */
  readonly points: Readonly<Record<string, number>>;
  /** What must never happen, in words. */
  readonly wrong: readonly string[];
}

export async function networkKills(seed: number, kills: number): Promise<NetworkKillsResult> {
  const random = seeded(seed);
  const home = mkdtempSync(join(tmpdir(), "fxn-kills-"));
  const node = accountOf(KEY);
  const wrong: string[] = [];
  const chain = await startOarnWorld();
  const model = await ModelServer.start(answering);
  const ipfs = new IpfsApi();
  const blf = new World(Date.now);
  const blfServer = serveBlindference(blf);
  const quorum = new BlindferenceQuorum(blf, node);
  const requester = new OarnRequester(chain, ipfs, node.address);
  /** Every nonce that was ever sent, and for what. */
  const sent = new Map<number, string>();
  const votes = new Map<string, string>();

  function look(request: Request, body: Uint8Array): void {
    const text = Buffer.from(body).toString("utf8");
    if (text.includes('"eth_sendRawTransaction"')) noteSent(text, sent, wrong);
    if (!new URL(request.url).pathname.endsWith("/task/verify")) return;
    const { jobId } = z.object({ jobId: z.string() }).parse(JSON.parse(text));
    if ((votes.get(jobId) ?? text) !== text) wrong.push(`two votes for ${jobId}`);
    votes.set(jobId, text);
  }
  const watched: WatchedService[] = [];
  const before = (upstream: string, name: (request: Request, body: Uint8Array) => string) => {
    const nameOf = (request: Request, body: Uint8Array) => {
      look(request, body);
      return name(request, body);
    };
    const reached = (point: string) => campaign.reached(point);
    const service = watch({ upstream, nameOf, reached, arrives: () => random() < 0.5 });
    watched.push(service);
    return service.url;
  };

  const known = { blindference: new Set<string>(), oarn: new Set<string>() };
  const onDisk = (network: keyof typeof known): readonly JobRecord[] => {
    const db = openReadOnly(home);
    const found = db ? jobRecords(networkState(db, network, systemClock)) : [];
    db?.close();
    return found;
  };
  const all = () => [...onDisk("blindference"), ...onDisk("oarn")];
  const log = openSync(join(home, "node.log"), "a");
  const campaign = new KillCampaign({
    random,
    mostMs: 3000,
    patienceMs: 4000,
    start: () =>
      Bun.spawn([BINARY, "start", "--home", home], { env: BARE_ENV, stdin: "ignore", stdout: log, stderr: log }),
    afterKill() {
      for (const network of ["blindference", "oarn"] as const) {
        const now = new Set(onDisk(network).map(({ id }) => id));
        for (const id of known[network]) if (!now.has(id)) wrong.push(`${id} is no longer on the disk`);
        for (const id of now) known[network].add(id);
      }
    },
  });

  const base = before(blfServer.base, byPath("blindference"));
  mkdirSync(join(home, "keys"), { mode: 0o700 });
  writeFileSync(join(home, "keys", "jobs.json"), formatGoNodeKey(Buffer.from(KEY, "hex")), { mode: 0o600 });
  const modelUrl = before(model.url, byPath("model"));
  writeConfig(
    home,
    {
      admin: { listen: "127.0.0.1:0" },
      shutdown: { deadline: "5s" },
      networks: {
        function: { enabled: false },
        blindference: {
          enabled: true,
          account: "jobs",
          maxConcurrent: 4,
          url: `${base}/icl`,
          paymentUrl: `${base}/pay`,
          models: [GROQ],
          intervals: { poll: "200ms" },
          ipfs: { gateway: `${base}/ipfs`, otherGateways: [], uploadUrl: `${base}/pin/upload`, uploadToken: "jwt" },
          cofhe: { mode: "python", endpoint: `${base}/cofhe/` },
        },
        oarn: {
          enabled: true,
          account: "jobs",
          maxConcurrent: 4,
          blockchain: {
            rpcUrls: [before(chain.rpcUrl, nameOfRpc(chain.contract("TaskRegistryV2").abi))],
            chainId: CHAIN_ID,
            gasPerDay: "10",
            contracts: { taskRegistryV2: [chain.v2] },
            pollInterval: "200ms",
            settleInterval: "200ms",
          },
          discovery: { method: "manual" },
          compute: { frameworks: [] },
          storage: { ipfsApi: before(ipfs.url, byPath("ipfs")) },
          p2p: { enabled: false },
        },
      },
    },
    { models: [{ id: SERVED, backends: [{ url: modelUrl }] }] },
  );

  let publishing = true;
  let going = true;
  let questions = 0;
  const isShort = (open: number) => publishing && open < ON_OFFER;
  async function farSide(): Promise<void> {
    while (going) {
      for (const role of ["leader", "verifier"] as const) {
        const prompt = `question ${questions++}`;
        if (isShort(quorum.open(role))) await quorum.ask(role, prompt, answerTo(prompt));
      }
      const prompt = `question ${questions++}`;
      if (isShort(requester.open())) await requester.ask(SERVED, prompt, answerTo(prompt));
      await quorum.vote();
      await requester.decide();
      await Bun.sleep(100);
    }
  }
  const jobs = () => quorum.asked.length + requester.asked.length;
  const allEnded = () => {
    const records = all();
    return records.length === jobs() && records.every(({ step }) => step === "ended");
  };

  await chain.client.setBalance({ address: node.address, value: parseEther("100") });
  const stopMining = await chain.mineEvery(BLOCK_MS);
  const farEnd = farSide();
  try {
    await campaign.run(kills);
    publishing = false;
    const code = await campaign.finish(allEnded, FINISH_MS);
    if (code !== 0) wrong.push(`the last run ended with ${code}`);
    going = false;
    await farEnd;
    const outcomes: Record<string, number> = {};
    for (const { id, outcome, step, reason } of all()) {
      outcomes[outcome ?? step] = (outcomes[outcome ?? step] ?? 0) + 1;
      const isHonest = outcome === "settled" || GIVEN_UP.test(reason ?? "");
      if (!isHonest) wrong.push(`${id}: ${outcome ?? step}, ${reason}`);
    }
    if (all().length !== jobs()) wrong.push(`${jobs()} jobs, and ${all().length} on the disk`);
    const settled = new Set(all().flatMap(({ id, outcome }) => (outcome === "settled" ? [id] : [])));
    wrong.push(...quorum.faults(settled));
    wrong.push(...(await requester.faults((id) => settled.has(`${CHAIN_ID}/${chain.v2}/${id}`))));
    const transactions = await bookFaults(home, chain, node.address, wrong);
    if (sent.size !== transactions) wrong.push(`${sent.size} nonces were sent, ${transactions} mined`);
    wrong.push(...rewardFaults(home, await requester.paid(), settled));
    const points = Object.fromEntries([...campaign.points].sort());
    return { jobs: jobs(), outcomes, transactions, points, wrong };
  } finally {
    going = false;
    await farEnd.catch(() => undefined);
    stopMining();
    await Promise.all([...watched, blfServer].map((service) => service.stop()));
    ipfs.stop();
    model.stop();
    await chain.stop();
    if (wrong.length > 0) console.log(`what the node wrote: ${join(home, "node.log")}`);
    else rmSync(home, { recursive: true });
  }
}
