// fxn drain, through the compiled binary: a pause on a real chain, a stream that ends whole, and a process that is over.
import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type Address, parseAddress } from "../../src/core/address.ts";
import { healthy, stream } from "../fakes/model-server.ts";
import { openNotifySocket } from "../fakes/notify-socket.ts";
import { startChain } from "../sandbox/chain.ts";
import { startRpcProxy } from "../sandbox/rpc-proxy.ts";
import vectors from "../vectors/function.json";
import { BARE_ENV, BINARY, fxn, killAll } from "./node.ts";
import { until } from "./until.ts";
import { CHAT, chatBody, openWorld, outcome, type World, type WorldOptions } from "./world.ts";

const NODE = addressOf(vectors.keys.node.address);
const linux = process.platform === "linux";

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});
afterAll(killAll);

let streamed = { answer: Promise.resolve("") };
beforeEach(() => {
  streamed = { answer: Promise.resolve("") };
});

async function open(options: WorldOptions = {}): Promise<World> {
  world = await openWorld({ config: { server: { workers: 1 } }, ...options });
  await world.chain.addProvider(NODE);
  return world;
}

/** A stream that goes on for as long. */
async function begin({ model, send }: World, tokens: number): Promise<void> {
  const long = stream({ tokens, everyMs: 50 });
  model.behave = (received, response) => (received.body.includes('"stream":true') ? long : healthy)(received, response);
  const response = await send(CHAT, chatBody({ stream: true }));
  streamed = { answer: response.text().catch(() => "cut off") };
}

const drain = ({ home }: World, ...args: string[]) => fxn(["drain", "--home", home, "--yes", ...args]);

async function standing({ home }: World): Promise<{ paused: boolean; active: boolean }> {
  const { stdout } = await fxn(["provider", "status", "--home", home, "--json"]);
  return JSON.parse(stdout).providers[0];
}

/** What a new request gets. */
const late = ({ send }: World) => send(CHAT, chatBody()).then(outcome, () => "connection refused");

for (const workers of [1, 2]) {
  test(`drain pauses the registration, finishes work, then stops: ${workers} serving`, async () => {
    const one = await open({ config: { server: { workers } } });
    await begin(one, 100);
    const draining = drain(one, "--grace", "4s", "--json");
    while (!(await standing(one)).paused) await Bun.sleep(50);
    // Gateways may not know yet: they are served.
    expect(await late(one)).toBe("200");
    await until(async () => ["503 draining", "connection refused"].includes(await late(one)), 20_000);
    const { code, stdout } = await draining;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ schema: 1, drained: true, cut: 0 },
      pause: { calls: [{ what: "pause" }], transactions: [{ what: "pause" }], providers: [{ paused: true }] },
    });
    expect(await streamed.answer).toEndWith("data: [DONE]\n\n");
    expect(await one.node.exited).toBe(0);
    expect(await standing(one)).toMatchObject({ paused: true, active: false });
  }, 60_000);
}

test("the next start says that it is paused, and by which command it is not", async () => {
  const one = await open();
  expect((await drain(one, "--grace", "0s")).code).toBe(0);
  await one.restart();
  expect((await fxn(["status", "--home", one.home])).stdout).toMatch(
    /paused \(read \w+ ago\): run fxn provider unpause/,
  );
  const again = await drain(one, "--grace", "0s");
  expect(again.stdout).toContain("paused already");
  expect(again.code).toBe(0);
  expect(await one.node.exited).toBe(0);
}, 60_000);

test("what outlasts --timeout is cut off, and the exit code tells", async () => {
  const one = await open();
  await begin(one, 400);
  const { code, stderr } = await drain(one, "--no-pause", "--timeout", "500ms");
  expect(stderr).toContain("1 answers were cut off at the deadline");
  expect(code).toBe(1);
  expect(await streamed.answer).not.toEndWith("data: [DONE]\n\n");
  expect(await one.node.exited).toBe(0);
  expect(await standing(one)).toMatchObject({ paused: false });
}, 60_000);

describe("when the chain cannot be asked", () => {
  test("nothing is stopped, and the node goes on; --dry-run stops nothing either", async () => {
    const one = await open();
    const dry = await drain(one, "--dry-run");
    expect(dry.stdout).toMatch(
      /Call +pause\(id\)\n +of +ProviderRegistry[\s\S]*Nothing was sent[\s\S]*Then +the node would/,
    );
    await one.chain.down();
    const { code, stderr } = await drain(one);
    expect(code).toBe(1);
    expect(stderr).toContain("the registration is not paused, so nothing was stopped: the node goes on");
    expect(stderr).toContain("Check rpcProvider");
    expect(await late(one)).toBe("200");
    const forced = await drain(one, "--force");
    expect(forced.stderr).toContain("the registration is not paused: ");
    expect(forced.code).toBe(0);
    expect(await one.node.exited).toBe(0);
    await one.chain.up();
  }, 60_000);

  test("once the pause is in its block: it is paused all the same, and gateways get their minute; Ctrl-C then says what to do", async () => {
    const chain = await startChain();
    const rpc = startRpcProxy(chain.rpcUrl);
    try {
      const one = await open({
        config: {
          ...{ server: { workers: 1 }, rpcProvider: rpc.url },
          registry: { routerSmartContractAddress: chain.router },
        },
      });
      await chain.addProvider(NODE);
      rpc.misbehave(({ method }) =>
        method === "eth_call" && rpc.calls.some((call) => call.method === "eth_sendRawTransaction")
          ? new Response("gone", { status: 503 })
          : undefined,
      );
      const child = Bun.spawn([BINARY, "drain", "--home", one.home, "--yes"], {
        ...{ env: BARE_ENV, stdin: "ignore", stdout: "pipe", stderr: "pipe" },
      });
      let said = "";
      for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
        said += part;
        if (said.includes("Waiting")) child.kill("SIGINT");
      }
      expect(said).toContain("Waiting  1m");
      const complaint = await new Response(child.stderr).text();
      expect(complaint).toContain("it is done, and how it stands now cannot be read");
      expect(complaint).toContain("interrupted: the node goes on");
      expect(complaint).toContain("fxn provider unpause");
      expect(await child.exited).toBe(130);
      rpc.misbehave(undefined);
      expect(await standing(one)).toMatchObject({ paused: true });
      expect((await fxn(["status", "--home", one.home])).code).toBe(0);
    } finally {
      await rpc.stop();
      await chain.stop();
    }
  }, 60_000);

  test("with no node there is nothing to drain", async () => {
    const one = await open();
    await one.node.stop();
    const { code, stderr } = await drain(one);
    expect(code).toBe(1);
    expect(stderr).toContain("fxn provider pause");
    expect(await standing(one)).toMatchObject({ paused: false });
  }, 60_000);
});

test("attack: fxn drain twice, a reload and a restart while it drains: both drains end well, the rest is refused, what runs ends whole", async () => {
  const one = await open();
  await begin(one, 60);
  const drains = [drain(one, "--no-pause"), drain(one, "--no-pause")];
  await one.node.logged("stopping: no new work, running answers may end");
  const [reload, restart] = await Promise.all([
    fxn(["reload", "--home", one.home]),
    fxn(["restart", "--home", one.home]),
  ]);
  expect([reload.code, reload.stderr]).toEqual([1, expect.stringContaining("starting or stopping")]);
  expect([restart.code, restart.stderr]).toEqual([1, expect.stringContaining("this node is stopping")]);
  expect((await Promise.all(drains)).map(({ code, stderr }) => [code, stderr])).toEqual([
    [0, ""],
    [0, ""],
  ]);
  expect(await streamed.answer).toEndWith("data: [DONE]\n\n");
  expect(await one.node.exited).toBe(0);
}, 60_000);

test("SIGTERM while it drains is the first signal: what runs still ends whole", async () => {
  const one = await open();
  await begin(one, 40);
  const draining = drain(one, "--no-pause");
  await one.node.logged("stopping: no new work, running answers may end");
  one.node.signal("SIGTERM");
  expect((await draining).code).toBe(0);
  expect(await streamed.answer).toEndWith("data: [DONE]\n\n");
  expect(await one.node.exited).toBe(0);
}, 60_000);

describe.skipIf(!linux)(`under systemd${linux ? "" : " (skipped: not Linux)"}`, () => {
  test("the process ends with the status that the unit does not start again", async () => {
    const name = `@fxn-drain-${process.pid}-${Math.random()}`;
    const socket = openNotifySocket(name);
    const one = await open({ run: { env: { NOTIFY_SOCKET: name } } });
    expect((await drain(one, "--no-pause", "--timeout", "20s")).code).toBe(0);
    expect(await one.node.exited).toBe(79);
    const told = socket.received().flat();
    expect(told).toContain("STOPPING=1");
    expect(told).toContain("EXTEND_TIMEOUT_USEC=30000000");
    socket.close();
  }, 60_000);
});

function addressOf(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`not an address: ${text}`);
  return parsed;
}
