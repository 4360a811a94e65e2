// fxn provider, through the compiled binary, on a chain of our own with the network's contracts by their published ABI.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { getAddress, type Hex, parseEther, stringToHex } from "viem";
import { z } from "zod";
import { type Address, parseAddress } from "../../src/core/address.ts";
import { type Chain, startChain } from "../sandbox/chain.ts";
import { type RpcProxy, startRpcProxy } from "../sandbox/rpc-proxy.ts";
import vectors from "../vectors/function.json";
import { BARE_ENV, BINARY, type Finished, fxn, makeHome, removeHome, writeConfig, writeGoKey } from "./node.ts";

const NODE = addressOf(vectors.keys.node.address);
const OTHER = addressOf(vectors.keys.scheduler.address);
const ID = stringToHex(getAddress(NODE));
const URL_ = "https://node.example";
const REGISTER = ["register", "--model-id", "7", "--url", URL_];

let chain: Chain;
let rpc: RpcProxy;
let home: string;
let staking: Awaited<ReturnType<Chain["startStaking"]>>;

beforeAll(async () => {
  chain = await startChain();
  rpc = startRpcProxy(chain.rpcUrl);
});
afterAll(async () => {
  await rpc.stop();
  await chain.stop();
});
let clean: Hex;
beforeEach(async () => {
  clean = await chain.client.snapshot();
  home = homeOf("node");
  staking = await chain.startStaking(7n);
  await chain.client.setBalance({ address: NODE, value: parseEther("1") });
  await staking.mint(NODE, parseEther("2500"));
});
afterEach(async () => {
  rpc.misbehave(undefined);
  rpc.calls.length = 0;
  removeHome(home);
  await chain.client.revert({ id: clean });
});

function homeOf(key: "node" | "scheduler", rpcProvider = rpc.url): string {
  const made = makeHome();
  writeGoKey(made, vectors.keys[key]);
  writeConfig(made, { rpcProvider, registry: { routerSmartContractAddress: chain.router } });
  return made;
}

const provider = (...args: string[]): Promise<Finished> => fxn(["provider", ...args, "--home", home]);

/** Of a command that is expected to end well. */
async function done(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await provider(...args, "--yes");
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}

const status = z.object({
  schema: z.literal(1),
  account: z.string(),
  func: z.string(),
  next: z.string().nullable(),
  providers: z.array(
    z.object({
      id: z.string(),
      modelId: z.string(),
      url: z.string().nullable(),
      name: z.string().nullable(),
      paused: z.boolean(),
      active: z.boolean(),
      staked: z.string().nullable(),
      refusal: z.string().nullable(),
    }),
  ),
});
async function stands(): Promise<z.output<typeof status>> {
  return status.parse(JSON.parse((await provider("status", "--json")).stdout));
}

const sent = () => rpc.calls.filter(({ method }) => method === "eth_sendRawTransaction").length;
const blocks = () => chain.client.getBlockNumber({ cacheTime: 0 });

test("a provider's whole life: register, stake, status, update, pause, unpause, claim, unstake, with approval of FUNC, simulated first, cost shown", async () => {
  expect((await provider("status")).stdout).toMatch(/not registered\nNext +fxn provider register --model-id N/);

  const registered = await done(...REGISTER, "--name", "Ada");
  expect(registered).toMatch(/Call +register\(id, 7, metadata\)\n +of +ProviderRegistry 0x[0-9a-fA-F]{40}\n/);
  expect(registered).toMatch(/Gas {6}0\.\d+ ETH at most \(register\)/);
  expect(registered).toMatch(/Sent {5}0x[0-9a-f]{64}\n +as +register, in block \d+, for 0\.\d+ ETH/);
  expect(await stands()).toMatchObject({
    account: getAddress(NODE),
    func: "2500",
    next: "fxn provider stake",
    providers: [
      { id: getAddress(NODE), modelId: "7", url: URL_, name: "Ada", paused: false, active: false, staked: null },
    ],
  });

  const staked = await done("stake", "--amount", "1000");
  expect(staked).toContain(`Call     approve(${getAddress(staking.staking)}, 1000 FUNC)\n  of     FUNC `);
  expect(staked).toContain("Takes    1000 FUNC of the 2500 FUNC in the account");
  expect(staked).toMatch(/ETH at most \(approve\)\nGas +about 0\.\d+ ETH \(stake, afterwards\)/);
  expect(staked).toContain("Taken    1000 FUNC");
  expect(await staking.allowanceOf(NODE, staking.staking)).toBe(0n);
  expect(await stands()).toMatchObject({ func: "1500", next: null, providers: [{ active: true, staked: "1000" }] });
  expect((await provider("status")).code).toBe(0);

  await done("update", "--url", "https://new.example");
  expect(await stands()).toMatchObject({ providers: [{ url: "https://new.example", name: "Ada" }] });
  const [, paused] = /Sent +0x([0-9a-f]{64})/.exec(await done("pause")) ?? [];
  // EIP-1559 fees.
  const transaction = await chain.client.getTransaction({ hash: `0x${paused}` });
  expect([transaction.type, transaction.gasPrice]).toEqual(["eip1559", expect.any(BigInt)]);
  expect(await stands()).toMatchObject({
    next: "fxn provider unpause",
    providers: [{ paused: true, active: false, staked: "1000" }],
  });
  await done("unpause");
  expect(await stands()).toMatchObject({ providers: [{ paused: false, active: true }] });

  await staking.reward(ID, 41n, parseEther("12.5"));
  await staking.reward(ID, 43n, parseEther("0.5"));
  const claimed = await done("claim", "--from", "41", "--to", "43");
  expect(claimed).toContain("Gives    13 FUNC to the account");
  expect(claimed).toContain("Got      13 FUNC");
  await staking.reward(ID, 44n, parseEther("1"));
  expect(await done("claim", "--from", "44", "--all")).toContain(
    "claimRewardsCluster(44, 44)\n  of     ProviderRegistry",
  );
  const earnings = JSON.parse((await fxn(["earnings", "--home", home, "--by", "network", "--json"])).stdout);
  expect(JSON.stringify(earnings)).toContain('"function"');
  expect((await fxn(["earnings", "--home", home])).stdout).toMatch(/function .*14.*FUNC|function .*FUNC.*14/);

  expect(await done("unstake")).toContain("Got      1000 FUNC");
  expect(await stands()).toMatchObject({
    func: "2514",
    providers: [{ active: false, staked: null, refusal: "nothing is staked" }],
  });
});

describe("register", () => {
  for (const by of ["registry", "staking"] as const) {
    test(`--stake: exactly what is taken is approved, for the contract that takes it (the ${by})`, async () => {
      staking = await chain.startStaking(7n, by);
      await staking.mint(NODE, parseEther("1000"));
      const dry = await provider(...REGISTER, "--stake", "--dry-run");
      const spender = by === "registry" ? chain.providerRegistry : staking.staking;
      expect(dry.stdout).toContain(`approve(${getAddress(spender)}, 1000 FUNC)\n  of     FUNC `);
      expect(dry.stdout).toContain("Nothing was sent (--dry-run)");
      expect(sent()).toBe(0);
      const out = await done(...REGISTER, "--stake", "--amount", "1000");
      expect(out).toContain("Taken    1000 FUNC");
      expect(await stands()).toMatchObject({ func: "0", providers: [{ active: true, staked: "1000" }] });
      expect(await done(...REGISTER, "--stake", "--amount", "1000")).toContain(
        "registered already, and 1000 FUNC are staked",
      );
      expect(sent()).toBe(2);
    });
  }

  test("the same again: says so and sends nothing; other data, or somebody else's id: refused", async () => {
    await done(...REGISTER);
    const before = await blocks();
    expect(await done(...REGISTER)).toContain("registered with these data already");
    const other = await provider("register", "--model-id", "7", "--url", "https://other.example", "--yes");
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining("fxn provider update") });
    const model = await provider("register", "--model-id", "8", "--url", URL_, "--yes");
    expect(model.stderr).toContain("is registered for model 7");
    await chain.addProvider(OTHER);
    const taken = await provider(...REGISTER, "--id", `hex:${OTHER.slice(2)}`, "--yes");
    expect(taken).toMatchObject({ code: 1, stderr: expect.stringContaining(`is registered by ${OTHER}`) });
    // addProvider's own.
    expect(await blocks()).toBe(before + 1n);
  });

  test("metadata that is too long, ids and URLs that are none, are refused before anything is asked", async () => {
    const refused = async (...args: string[]) => {
      const { code, stderr } = await provider(...args, "--yes");
      return `${code} ${stderr}`;
    };
    expect(await refused(...REGISTER, "--name", "ї".repeat(600))).toContain("1 fxn: the metadata would have 12");
    expect(await refused(...REGISTER, "--id", "x".repeat(65))).toContain("is no id of a provider");
    expect(await refused("register", "--model-id", "7", "--url", "node.example")).toContain(
      "no absolute http or https URL",
    );
    expect(await refused("register", "--model-id", "7", "--url", "https://a:b@c.example")).toContain("holds a user");
    expect(await refused("register", "--model-id", "-1", "--url", URL_)).toMatch(/^2 /);
    expect(await refused("register", "--model-id", String(2n ** 256n), "--url", URL_)).toContain(
      "no number of a model",
    );
    expect(await refused(...REGISTER, "--stake")).toContain("2 fxn: with --yes nobody sees what is taken");
    expect(sent()).toBe(0);
    const local = await provider("register", "--model-id", "7", "--url", "http://192.168.1.7:8080", "--dry-run");
    expect(local.code).toBe(0);
    expect(local.stderr).toContain("192.168.1.7 is no address of the internet");
    expect(local.stderr).toContain("http is not encrypted");
  });
});

describe("what cannot be", () => {
  test("without FUNC: the contract's reason, and what to send; without ETH: how much is missing; without a registration: the command", async () => {
    expect((await provider("pause", "--yes")).stderr).toContain("Register it: fxn provider register");
    const unknown = await provider("register", "--model-id", "99", "--url", URL_, "--stake", "--dry-run");
    expect(unknown.stderr).toContain("the network has no model 99, or no staking for it");
    await done(...REGISTER);
    staking = await chain.startStaking(7n);
    const poor = await provider("stake", "--amount", "1000", "--yes");
    expect(poor.code).toBe(1);
    expect(poor.stderr).toContain("ERC20InsufficientBalance");
    expect(poor.stderr).toContain("has 0 FUNC of the 1000 FUNC that are taken: send FUNC to it");
    await chain.client.setBalance({ address: NODE, value: 1000n });
    const broke = await provider("pause", "--yes");
    expect(broke.code).toBe(1);
    expect(broke.stderr).toMatch(/ETH may be needed\n {2}Send ETH to 0x/);
    expect(await stands()).toMatchObject({ providers: [{ paused: false }] });
  });

  test("more than --amount allows, a locked stake, an epoch without rewards: refused in the contract's words, and nothing is sent", async () => {
    await done(...REGISTER);
    const before = sent();
    expect((await provider("stake", "--amount", "999", "--yes")).stderr).toContain(
      "stakeForProvider(id) takes 1000 FUNC, and --amount allows 999 FUNC",
    );
    expect((await provider("unstake", "--yes")).stderr).toContain("refuses unstakeProvider(id): nothing is staked");
    expect((await provider("claim", "--from", "1", "--yes")).stderr).toContain("nothing to claim");
    expect(sent()).toBe(before);
    await done("stake", "--amount", "1000");
    await staking.lock(true);
    expect((await provider("unstake", "--yes")).stderr).toContain("stake is locked");
    expect((await provider("status")).stdout).toContain("nothing that comes back now: stake is locked");
    expect((await provider("stake", "--amount", "1000", "--yes")).stderr).toContain("already staked");
  });

  test("several providers: --id picks, and without it they are listed; one of another owner is none of ours", async () => {
    await done(...REGISTER);
    await done(...REGISTER, "--id", "second");
    const which = await provider("pause", "--yes");
    expect(which.code).toBe(1);
    expect(which.stderr).toContain("which provider? Give --id");
    expect(which.stderr).toContain(`${getAddress(NODE)}, second`);
    await done("pause", "--id", "second");
    expect((await stands()).providers.map(({ id, paused }) => [id, paused])).toEqual([
      [getAddress(NODE), false],
      ["second", true],
    ]);
    const first = home;
    home = homeOf("scheduler");
    await chain.client.setBalance({ address: OTHER, value: parseEther("1") });
    expect((await provider("unpause", "--id", "second", "--yes")).stderr).toContain("is not registered as a provider");
    removeHome(home);
    home = first;
  });

  test("with the RPC down: said with the setting, and nothing is written that could be sent later", async () => {
    await done(...REGISTER);
    rpc.misbehave(() => new Response("gone", { status: 503 }));
    const down = await provider("pause", "--yes");
    expect(down.code).toBe(1);
    expect(down.stderr).toContain("Check rpcProvider and registry in config.yaml");
    rpc.misbehave(undefined);
    expect(await stands()).toMatchObject({ providers: [{ paused: false }] });
  });

  test("nobody to ask and no --yes: nothing is sent; --json keeps standard output for machines", async () => {
    const { code, stderr } = await provider(...REGISTER);
    expect(code).toBe(1);
    expect(stderr).toContain("Give --yes to send without asking");
    expect(sent()).toBe(0);
    const result = JSON.parse((await provider(...REGISTER, "--yes", "--json")).stdout);
    expect(result).toMatchObject({
      schema: 1,
      already: null,
      calls: [{ what: "register", contract: "ProviderRegistry" }],
      transactions: [{ what: "register" }],
      providers: [{ modelId: "7" }],
    });
    expect(JSON.parse((await provider(...REGISTER, "--yes", "--json")).stdout)).toMatchObject({
      already: "registered with these data already",
      transactions: [],
    });
  });

  test("RPCs behind one URL, of which some lag by a block: approval and stake follow each other, and nothing is an error", async () => {
    await done(...REGISTER);
    let [known, lagsUntil] = [await blocks(), 0];
    rpc.misbehave(async ({ id, method }) => {
      if (method !== "eth_blockNumber") return undefined;
      const now = await blocks();
      if (now > known) [known, lagsUntil] = [now, performance.now() + 600];
      if (performance.now() > lagsUntil) return undefined;
      return Response.json({ jsonrpc: "2.0", id, result: `0x${(now - 1n).toString(16)}` });
    });
    expect(await done("stake", "--amount", "1000")).toContain("Taken    1000 FUNC");
  });

  test("an RPC that cannot simulate: --amount decides what is approved", async () => {
    await done(...REGISTER);
    rpc.misbehave(({ id, method }) =>
      method === "eth_simulateV1"
        ? Response.json({ jsonrpc: "2.0", id, error: { code: -32601, message: "the method does not exist" } })
        : undefined,
    );
    expect((await provider("stake", "--dry-run")).stderr).toContain("Say how much may be taken: --amount 1000");
    expect(await done("stake", "--amount", "1200")).toContain("Taken    1000 FUNC");
    expect((await stands()).providers[0]?.staked).toBeNull();
  });
});

describe("a command that was killed, run again, does nothing twice", () => {
  /** The command, killed as soon as its n-th transaction was sent; the chain mines it afterwards. */
  async function killedAfter(n: number, ...args: string[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const from = sent();
    rpc.misbehave(async ({ method }) => {
      if (method === "eth_getTransactionReceipt" && sent() - from >= n) {
        resolve();
        return new Promise<Response>(() => {});
      }
      return undefined;
    });
    const child = Bun.spawn([BINARY, "provider", ...args, "--home", home, "--yes"], {
      ...{ env: BARE_ENV, stdin: "ignore", stdout: "ignore", stderr: "ignore" },
    });
    await promise;
    child.kill("SIGKILL");
    await child.exited;
    rpc.misbehave(undefined);
  }
  const nonce = () => chain.client.getTransactionCount({ address: NODE });

  test("between approval and stake: the approval is known, and only the stake is sent", async () => {
    await done(...REGISTER);
    await killedAfter(1, "stake", "--amount", "1000");
    expect(await staking.allowanceOf(NODE, staking.staking)).toBe(parseEther("1000"));
    const out = await done("stake", "--amount", "1000");
    expect(out).toMatch(/Earlier +the approve of a run that was interrupted is in block/);
    expect(out).not.toContain("Call     approve");
    expect(await staking.staked(ID)).toBe(parseEther("1000"));
    expect(await nonce()).toBe(3);
  });

  test("after the stake, the pause, the claim were sent: they are found in their blocks", async () => {
    await done(...REGISTER);
    await killedAfter(2, "stake", "--amount", "1000");
    expect(await done("stake", "--amount", "1000")).toContain("1000 FUNC are staked already");
    await killedAfter(1, "pause");
    expect(await done("pause")).toContain("Nothing  paused already");
    await staking.reward(ID, 5n, parseEther("3"));
    await killedAfter(1, "claim", "--from", "5");
    expect(await done("claim", "--from", "5")).toMatch(
      /Nothing +done by the transaction 0x[0-9a-f]+ of an earlier run/,
    );
    expect((await fxn(["earnings", "--home", home])).stdout).toContain("FUNC");
    expect(await nonce()).toBe(5);
  });

  test("before its block: the next one waits for it, and an unpause comes after the pause", async () => {
    await done(...REGISTER);
    await chain.client.setAutomine(false);
    await killedAfter(1, "pause");
    const again = done("unpause");
    await Bun.sleep(1500);
    await chain.client.setAutomine(true);
    await chain.client.mine({ blocks: 1 });
    expect(await again).toMatch(/Earlier +the pause of a run that was interrupted is in block/);
    expect(await stands()).toMatchObject({ providers: [{ paused: false }] });
    expect(await nonce()).toBe(3);
  });
});

describe("two commands at once", () => {
  /** At a terminal: answers when `answer` resolves. */
  function atPrompt(question: string, ...args: string[]) {
    const asked = Promise.withResolvers<void>();
    let shown = "";
    const run = Bun.spawn([BINARY, "provider", ...args, "--home", home], {
      env: BARE_ENV,
      terminal: {
        data(_terminal, data) {
          shown += Buffer.from(data).toString("utf8");
          if (shown.includes(question)) asked.resolve();
        },
      },
    });
    void run.exited.then(() => asked.resolve());
    return {
      asked: asked.promise,
      async answer(text: string) {
        run.terminal?.write(text);
        return { code: await run.exited, shown };
      },
    };
  }
  const nonce = () => chain.client.getTransactionCount({ address: NODE });

  test("attack: two stakes at prompts: one stakes, the other sees that it is staked; never twice", async () => {
    await done(...REGISTER);
    await staking.terms(parseEther("1000"), true);
    const both = [atPrompt("Stake it?", "stake"), atPrompt("Stake it?", "stake")];
    await Promise.all(both.map(({ asked }) => asked));
    expect((await both[0]!.answer("yes\r")).code).toBe(0);
    const second = await both[1]!.answer("yes\r");
    expect([second.code, second.shown]).toEqual([0, expect.stringContaining("1000 FUNC are staked already")]);
    expect([await staking.staked(ID), await nonce()]).toEqual([parseEther("1000"), 3]);
  });

  test("attack: two stakes with --yes, side by side: never twice", async () => {
    await done(...REGISTER);
    await staking.terms(parseEther("1000"), true);
    const stakes = await Promise.all([1, 2].map(() => provider("stake", "--amount", "1000", "--yes")));
    expect(stakes.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ""],
      [0, ""],
    ]);
    expect([await staking.staked(ID), await nonce()]).toEqual([parseEther("1000"), 3]);
  });

  test("attack: what is taken grows while the question stands: refused, and nothing is sent", async () => {
    await done(...REGISTER);
    const command = atPrompt("Stake it?", "stake");
    await command.asked;
    await staking.terms(parseEther("2000"));
    const { code, shown } = await command.answer("yes\r");
    expect([code, shown]).toEqual([1, expect.stringContaining("Nothing was sent")]);
    expect(await nonce()).toBe(1);
  });

  test("attack: unstake, claim and register twice at prompts: the second is told of the first, and sends nothing", async () => {
    const twice = async (question: string, ...args: string[]) => {
      const both = [atPrompt(question, ...args), atPrompt(question, ...args)];
      await Promise.all(both.map(({ asked }) => asked));
      expect((await both[0]!.answer("yes\r")).code).toBe(0);
      const before = await nonce();
      const { code, shown } = await both[1]!.answer("yes\r");
      expect([code, shown]).toEqual([0, expect.stringContaining("Nothing  ")]);
      expect(await nonce()).toBe(before);
      return shown;
    };
    expect(await twice("Register it?", ...REGISTER)).toContain("registered with these data already");
    await done("stake", "--amount", "1000");
    await staking.reward(ID, 5n, parseEther("3"));
    expect(await twice("Claim it?", "claim", "--from", "5")).toMatch(
      /done by the transaction 0x[0-9a-f]+ of another run/,
    );
    expect(await twice("Unstake it?", "unstake")).toMatch(/done by the transaction 0x[0-9a-f]+ of another run/);
  });
});

function addressOf(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`not an address: ${text}`);
  return parsed;
}
