import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { until } from "../../../test/e2e/until.ts";
import { OarnTestIpfs } from "../../../test/fakes/oarn-ipfs.ts";
import { OarnNode } from "../../../test/fakes/oarn-node.ts";
import { CHAIN_ID, NODES, type OarnWorld, startOarnWorld } from "../../../test/sandbox/oarn/world.ts";
import { systemClock } from "../../core/clock.ts";
import { settingProblems, settings, walletOf } from "./settings.ts";
import { wayOut } from "./way-out.ts";

let world: OarnWorld;
beforeAll(async () => {
  world = await startOarnWorld();
});
afterAll(() => world.stop());

const opened = (written: Readonly<Record<string, unknown>>, models: readonly string[] = ["tiny"]) =>
  new OarnNode({
    rpcUrl: world.rpcUrl,
    chainId: CHAIN_ID,
    account: NODES[0]!,
    ipfs: new OarnTestIpfs(),
    written,
    models,
  });
const chained = (more: object = {}) => ({
  blockchain: {
    chainId: CHAIN_ID,
    rpcUrls: [world.rpcUrl],
    contracts: { taskRegistryV2: [world.v2] },
    pollInterval: "50ms",
  },
  ...more,
});
const answers = (node: OarnNode) => Promise.all(node.session.checks().map(({ run }) => run(AbortSignal.timeout(5000))));

describe("what an operator is told", () => {
  test("attack: the doctor again and again, and a chain that is not there: nothing that was opened to look stays open", async () => {
    const node = opened(chained({ storage: { ipfsApi: "http://127.0.0.1:5001" } }));
    for (let i = 0; i < 3; i++) await answers(node);
    node.chain.broken = new Error("RPC example: gone");
    expect((await answers(node)).filter(({ state }) => state === "fail")).toHaveLength(3);
    expect([node.readers, node.chains]).toEqual([0, 0]);
    node.start();
    await until(() => node.session.health().reasons.join().includes("RPC example: gone"), 6000);
    node.chain.broken = undefined;
    await until(() => node.session.health().ready, 6000);
    await answers(node);
    expect([node.readers, node.chains]).toEqual([0, 1]);
    await node.stop();
  });

  test("without a place for results nothing is claimed, and that is the reason", async () => {
    const node = opened(chained()).start();
    const reasons = ["there is no IPFS API or upload to store results at"];
    await until(() => node.session.health().reasons[0] === reasons[0], 6000);
    expect(node.session.health()).toEqual({ ready: false, reasons });
    await node.stop();
  });

  test("a chain that is not there is looked for again, and found", async () => {
    const node = opened(chained({ storage: { ipfsApi: "http://127.0.0.1:5001" } }));
    node.chain.broken = new Error("RPC example: gone");
    node.start();
    await until(() => node.session.health().reasons.join().includes("RPC example: gone"), 6000);
    node.chain.broken = undefined;
    await until(() => node.session.health().ready, 6000);
    await node.stop();
  });
});

test("a proxy is the only way out of the machine, and what is on the machine is asked directly", async () => {
  const direct: string[] = [];
  const fetch = wayOut(
    { host: "127.0.0.1", port: 1 },
    async (url) => {
      direct.push(url);
      return { status: 200, headers: new Headers(), body: new Uint8Array() };
    },
    systemClock,
  );
  const limits = { timeoutMs: 2000, maxBytes: 10 };
  await fetch("http://127.0.0.1:5001/api/v0/id", limits);
  await fetch("http://[::1]:5001/", limits);
  for (const url of ["https://rpc.example", "http://127.0.0.1.example", "http://10.0.0.1"])
    expect(await fetch(url, limits).then(() => "", String)).not.toBe("");
  expect(direct).toEqual(["http://127.0.0.1:5001/api/v0/id", "http://[::1]:5001/"]);
});

test("settings that do not go together, and the wallet's view of them", () => {
  const proxied = (privacy: object) => settingProblems(settings.parse({ privacy })).map(({ setting }) => setting);
  expect(proxied({ required: true })).toEqual(["privacy.socksProxy"]);
  expect(proxied({ required: true, socksProxy: "127.0.0.1:9050" })).toEqual([]);
  const stored = (storage: object) => settingProblems(settings.parse({ storage })).map(({ setting }) => setting);
  const uploadUrl = "https://pinning.example/pinFileToIPFS";
  expect(stored({ uploadUrl })).toEqual(["storage.uploadToken"]);
  expect(stored({ uploadToken: "jwt" })).toEqual(["storage.uploadUrl"]);
  expect(stored({ uploadUrl, uploadToken: "jwt" })).toEqual([]);
  expect(() => settings.parse({ storage: { uploadUrl: "http://pinning.example/" } })).toThrow("https://");
  const token = `0x${"ab".repeat(20)}`;
  const wallet = walletOf(settings.parse({ blockchain: { contracts: { tokenReward: token } } }));
  expect(wallet).toMatchObject({ chainId: 421_614, rpcUrls: [], tokens: [{ asset: "COMP", address: token }] });
});

test("with a proxy the commands' way to the chain is the proxy's, too", async () => {
  const { fetch } = walletOf(settings.parse({ privacy: { socksProxy: "127.0.0.1:9" } }));
  const asked = fetch?.("https://192.0.2.1/rpc", { timeoutMs: 2000, maxBytes: 10 });
  expect(await asked?.then(() => "", String)).toContain("the proxy is not reached");
  expect(walletOf(settings.parse({})).fetch).toBeUndefined();
});
