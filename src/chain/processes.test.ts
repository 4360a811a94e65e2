// Transactions across processes and their ends: two that send at once, and one that is killed at any moment.
import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { join } from "node:path";
import { type ChainHome, type ChainRig, noncesIn, openChain, startChainRig } from "../../test/sandbox/chain-rig.ts";

const SENDER = join(import.meta.dir, "../../test/fakes/chain-sender.ts");
const KILLS = Number(process.env.FXN_CHAIN_KILLS ?? 20);

let rig: ChainRig;
let home: ChainHome;
beforeAll(async () => {
  rig = await startChainRig();
});
afterAll(() => rig.stop());
beforeEach(async () => {
  home = await rig.home();
});

function sender(keys: readonly string[], atOnce: boolean) {
  const work = JSON.stringify({ ...home, privateKey: home.key, rpcUrls: [rig.url], atOnce, to: rig.deeds, keys });
  return Bun.spawn([process.execPath, SENDER, work], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
}

/** Resolves when it has opened its home. */
async function ready(child: ReturnType<typeof sender>): Promise<void> {
  const reader = child.stdout.getReader();
  await reader.read();
  reader.releaseLock();
}

test("two processes that send at once from one account: each key once, nonces without a gap", async () => {
  openChain(home, { rpcUrls: [rig.url] }).close();
  const keys = (of: string, count: number) => Array.from({ length: count }, (_, i) => `two/${of}/${i}`);
  const shared = keys("shared", 5);
  const children = [sender([...keys("a", 8), ...shared], true), sender([...keys("b", 8), ...shared], true)];
  expect(await Promise.all(children.map(({ exited }) => exited))).toEqual([0, 0]);
  const all = [...keys("a", 8), ...keys("b", 8), ...shared];
  expect(await Promise.all(all.map(rig.times))).toEqual(all.map(() => 1));
  expect(noncesIn(home.home)).toEqual(all.map((_, i) => i));
  expect(await rig.nonceOf(home.address)).toBe(all.length);
}, 60_000);

test(
  `attack: kill -9 at ${KILLS} random moments: every key ends with one mined transaction, nonces without a gap`,
  async () => {
    openChain(home, { rpcUrls: [rig.url] }).close();
    const keys: string[] = [];
    await rig.client.setAutomine(false);
    const mining = setInterval(() => void rig.client.mine({ blocks: 1 }), 100);
    let killed = 0;
    try {
      for (let round = 0; round <= KILLS; round++) {
        for (let i = 0; i < 4; i++) keys.push(`killed/${round}/${i}`);
        const child = sender(keys, round % 2 === 0);
        await ready(child);
        const timer = setTimeout(() => child.kill("SIGKILL"), round < KILLS ? Math.random() * 250 : 60_000);
        if ((await child.exited) !== 0) killed++;
        clearTimeout(timer);
      }
      // On a busy machine an RPC may be too late for a deed that is not signed yet: that one may be tried again.
      for (let tries = 0; tries < 5 && (await sender(keys, false).exited) !== 0; tries++);
    } finally {
      clearInterval(mining);
      await rig.client.setAutomine(true);
    }
    expect(await Promise.all(keys.map(rig.times))).toEqual(keys.map(() => 1));
    expect(noncesIn(home.home)).toEqual(keys.map((_, i) => i));
    expect(await rig.nonceOf(home.address)).toBe(keys.length);
    expect(killed).toBeGreaterThan(KILLS / 2);
  },
  60_000 + KILLS * 3000,
);
