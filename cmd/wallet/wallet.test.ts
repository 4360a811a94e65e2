// The wallet commands as a person or a script runs them, on a real chain.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { Cli } from "clipanion";
import { parseEther } from "viem";
import { systemClock } from "../../src/core/clock.ts";
import { Secret } from "../../src/core/secret.ts";
import { saveKey } from "../../src/keys/key-store.ts";
import { openKeyring } from "../../src/keys/keyring.ts";
import { encryptKey } from "../../src/keys/keystore-v3.ts";
import { checksumAddress } from "../../src/lib/ethereum.ts";
import type { Wallet } from "../../src/node/wallets.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { CHAIN_ID, type ChainHome, type ChainRig, noncesIn, startChainRig } from "../../test/sandbox/chain-rig.ts";
import { WalletBalanceCommand } from "./balance.ts";
import { WalletSendCommand } from "./send.ts";

const TO = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

let rig: ChainRig;
let home: ChainHome;
let wallets: Wallet[];

beforeAll(async () => {
  rig = await startChainRig();
});
afterAll(() => rig.stop());
beforeEach(async () => {
  home = await rig.home("2");
  await rig.client.setBalance({ address: TO, value: 0n });
  const text = await encryptKey(Buffer.from(home.key.slice(2), "hex"), new Secret("correct horse"), { n: 2 });
  saveKey(home.home, "toy", text);
  writeFileSync(join(home.home, "password"), "correct horse\n", { mode: 0o600 });
  wallets = [wallet("toy")];
});

function wallet(network: string, more: Partial<Wallet["use"]> = {}): Wallet {
  const tokens = [{ asset: "COIN", address: rig.coin }];
  const use = { chainId: CHAIN_ID, rpcUrls: [rig.url], gasPerDay: parseEther("0.01"), tokens, ...more };
  return { network, account: "toy", own: {}, use };
}

/** What a configuration with a chain's network would lead to. */
function opened(passwordFile?: string) {
  const passwords = {
    existing: async () => new Secret(passwordFile === undefined ? "wrong" : "correct horse"),
    fresh: async () => new Secret("unused"),
  };
  return {
    ...{ wallets, keyring: openKeyring(home.home, passwords), ports: { clock: systemClock, log: new FakeLog() } },
  };
}

class Balance extends WalletBalanceCommand {
  protected override wallets = async () => opened(this.passwordFile);
}
class Send extends WalletSendCommand {
  protected override wallets = async () => opened(this.passwordFile);
}

async function fxn(...args: string[]) {
  const shown = { out: "", err: "" };
  const sink = (to: "out" | "err") =>
    new Writable({
      write(chunk, _encoding, done) {
        shown[to] += String(chunk);
        done();
      },
    });
  const cli = new Cli({ binaryName: "fxn" });
  cli.register(Balance);
  cli.register(Send);
  const code = await cli.run(["wallet", ...args, "--home", home.home], {
    ...{ stdin: Readable.from([]), stdout: sink("out"), stderr: sink("err"), env: {}, colorDepth: 1 },
  });
  expect(shown.out + shown.err).not.toContain(home.key.slice(2));
  return { code, ...shown };
}

const send = (...args: string[]) => fxn("send", ...args, "--password-file", join(home.home, "password"));
const balance = (of = TO) => rig.client.getBalance({ address: `0x${of.slice(2)}` });

describe("wallet balance", () => {
  test("ETH and tokens of each network's account, without the password", async () => {
    await rig.pay(home.address, parseEther("12.5"));
    const { code, out } = await fxn("balance");
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`toy +${CHAIN_ID} +${checksumAddress(home.address)} +ETH +2\n`));
    expect(out).toMatch(/COIN +12\.5\n/);
    expect(JSON.parse((await fxn("balance", "--json")).out)).toEqual({
      schema: 1,
      wallets: [
        {
          ...{ network: "toy", chainId: CHAIN_ID, address: checksumAddress(home.address), error: null },
          balances: [
            { asset: "ETH", amount: "2000000000000000000", decimals: 18 },
            { asset: "COIN", amount: "12500000000000000000", decimals: 18 },
          ],
        },
      ],
    });
  });

  test("a chain that does not answer fails that network alone; without an RPC it says what to set", async () => {
    wallets = [
      wallet("toy"),
      wallet("dead", { rpcUrls: ["http://127.0.0.1:9/canary123"] }),
      wallet("bare", { rpcUrls: [] }),
    ];
    const { code, out, err } = await fxn("balance");
    expect(code).toBe(1);
    expect(out).toContain("ETH    2");
    expect(err).toContain("fxn: dead: RPC 127.0.0.1:9: connection refused");
    expect(err).toContain("fxn: bare: bare has no RPC of its chain");
    expect(err).not.toContain("canary");
  });
});

describe("wallet send", () => {
  test("says what it does, sends ETH, and waits for the block", async () => {
    const { code, out } = await send(TO, "0.25", "--yes");
    expect(code).toBe(0);
    expect(out).toContain(`From     ${checksumAddress(home.address)} (toy)`);
    expect(out).toContain(`To       ${TO}\nAmount   0.25 ETH\nChain    ${CHAIN_ID}\nGas      0.000`);
    expect(out).toMatch(/Sent {5}0x[0-9a-f]{64}\n/);
    expect(await balance()).toBe(parseEther("0.25"));
  });

  test("a token, and a second transfer of the same is another", async () => {
    await rig.pay(home.address, parseEther("3"));
    for (let i = 0; i < 2; i++) expect((await send(TO.toLowerCase(), "1.5", "--asset", "COIN", "--yes")).code).toBe(0);
    expect(noncesIn(home.home)).toEqual([0, 1]);
    const { code, err } = await send(TO, "1", "--asset", "COIN", "--yes");
    expect([code, err]).toEqual([1, "fxn: the contract refuses it: not enough coins\n"]);
    expect((await send(TO, "1", "--asset", "GOLD", "--yes")).err).toContain("It has: ETH, COIN.");
  });

  test.each([
    [["0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "1"], "EIP-55"],
    [[`0x${"0".repeat(40)}`, "1"], "zero address"],
    [["0x1234", "1"], "no address"],
    [[TO, "0"], "no amount"],
    [[TO, "1e3"], "no amount"],
    [[TO, "0.0000000000000000001"], "no amount"],
  ])("a slip is refused before anything is opened: %p", async (args, why) => {
    const { code, err } = await send(...args, "--yes");
    expect(code).toBe(2);
    expect(err).toContain(why);
    expect(await balance()).toBe(0n);
  });

  test("without --yes and without a terminal nothing is sent; nor from one of several networks that is not named", async () => {
    const asked = await send(TO, "0.1");
    expect([asked.code, asked.err]).toEqual([
      ...[1, "fxn: There is no terminal on which to confirm\n  Give --yes to send without asking.\n"],
    ]);
    wallets = [wallet("toy"), wallet("other")];
    const several = await send(TO, "0.1", "--yes");
    expect([several.code, several.err]).toEqual([2, "fxn: from whose account? Give --network, one of toy, other\n"]);
    expect(await balance()).toBe(0n);
  });

  test("more than there is, and more gas than a day may cost", async () => {
    expect((await send(TO, "2", "--yes")).err).toContain("may be needed");
    wallets = [wallet("toy", { gasPerDay: 1n })];
    expect((await send(TO, "0.1", "--yes")).err).toContain("for 24 hours are spent");
    expect(await balance()).toBe(0n);
  });

  test("the wrong password opens nothing", async () => {
    const { code } = await fxn("send", TO, "0.1", "--yes");
    expect(code).toBe(77);
    expect(await balance()).toBe(0n);
  });
});
