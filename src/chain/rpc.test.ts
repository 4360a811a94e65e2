import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { Registry as MetricsRegister } from "prom-client";
import { getBalance } from "viem/actions";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { type Chain, startChain } from "../../test/sandbox/chain.ts";
import { hanging, type Misbehaviour, onChain, type RpcProxy, startRpcProxy } from "../../test/sandbox/rpc-proxy.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { createFetch } from "../lib/fetch.ts";
import { registryMetrics } from "../observe/metrics/registry.ts";
import { Rpc } from "./rpc.ts";

let chain: Chain;
let first: RpcProxy;
let second: RpcProxy;
let log: FakeLog;
let register: MetricsRegister;

beforeAll(async () => {
  chain = await startChain();
});
afterAll(() => chain.stop());
beforeEach(() => {
  first = startRpcProxy(chain.rpcUrl);
  second = startRpcProxy(chain.rpcUrl);
  log = new FakeLog();
  register = new MetricsRegister();
});
afterEach(async () => {
  await first.stop();
  await second.stop();
});

function connect(urls: string[], chainId: number | undefined = chain.chainId, clock: Clock = systemClock): Rpc {
  const hint = "Look at the URLs.";
  return new Rpc(
    { urls, chainId, hint },
    { fetch: createFetch(clock), clock, log, metrics: registryMetrics(register) },
  );
}

/** The reason why nothing could be read. */
async function refusal(rpc: Rpc): Promise<string> {
  const error = await rpc.read(async () => "read").catch((thrown: unknown) => thrown);
  if (error instanceof Error) return error.message;
  throw new Error("expected a failure");
}

const blockOf = (rpc: Rpc) => rpc.read(async ({ block }) => block);
const methods = (proxy: RpcProxy) => proxy.calls.map(({ method }) => method);
const warnings = () => log.lines.filter(({ level }) => level === "warn");
const serverError: Misbehaviour = () => new Response("down", { status: 502 });

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !condition(); i++) await Bun.sleep(5);
}

describe("an RPC that limits its rate", () => {
  const limited = (many: number, answer: (id: unknown) => Response): Misbehaviour => {
    let left = many;
    return ({ id, method }) => (method === "eth_chainId" || left-- <= 0 ? undefined : answer(id));
  };
  const by = (code: number) => (id: unknown) =>
    Response.json({ jsonrpc: "2.0", id, error: { code, message: "limit exceeded" } });

  test.each([
    ["HTTP 429", () => new Response("slow down", { status: 429 })],
    ["an error of JSON-RPC", by(-32_005)],
  ])("by %s is asked again a little later", async (_name, answer) => {
    first.misbehave(limited(2, answer));
    expect(await blockOf(connect([first.url]))).toBeGreaterThan(0n);
    expect(warnings()).toEqual([]);
    expect(methods(first).filter((method) => method === "eth_blockNumber")).toHaveLength(3);
  });

  test("for long is passed over", async () => {
    first.misbehave(limited(100, () => new Response("slow down", { status: 429 })));
    expect(await blockOf(connect([first.url, second.url]))).toBeGreaterThan(0n);
    expect(methods(first).filter((method) => method === "eth_blockNumber").length).toBeGreaterThanOrEqual(4);
  });

  test("is none that fails in another way, which is not asked again", async () => {
    first.misbehave(limited(100, by(-32_000)));
    expect(await refusal(connect([first.url]))).toContain("limit exceeded");
    expect(methods(first).filter((method) => method === "eth_blockNumber")).toHaveLength(1);
  });
});

describe("failover", () => {
  test("an RPC that refuses connections is passed over, logged once and counted", async () => {
    await first.stop();
    const rpc = connect([first.url, second.url]);
    expect(await blockOf(rpc)).toBeGreaterThan(0n);
    expect(await blockOf(rpc)).toBeGreaterThan(0n);
    expect(warnings()).toEqual([
      {
        level: "warn",
        fields: { rpc: `127.0.0.1:${first.port}`, error: `RPC 127.0.0.1:${first.port}: connection refused` },
        message: "RPC failed",
      },
    ]);
    const metrics = await register.metrics();
    expect(metrics).toMatch(/fxn_rpc_requests_total\{endpoint="0",outcome="error"\} \d/);
    expect(metrics).toMatch(/fxn_rpc_requests_total\{endpoint="1",outcome="ok"\} \d/);
  });

  test("an RPC that hangs is passed over after 4 s", async () => {
    const clock = new FakeClock();
    const asked = new Promise<void>((resolve) => {
      first.misbehave((...args) => {
        resolve();
        return hanging(...args);
      });
    });
    const block = blockOf(connect([first.url, second.url], chain.chainId, clock));
    await asked;
    // The second one is sampled at the same time; it shall not run into the moved clock.
    await until(() => methods(second).includes("eth_blockNumber"));
    await Bun.sleep(30);
    await clock.advance(4000);
    expect(await block).toBeGreaterThan(0n);
    expect(await register.metrics()).toContain('fxn_rpc_requests_total{endpoint="0",outcome="timeout"}');
  });

  test("work that fails in the middle starts again on the next RPC, so that answers of two are never mixed", async () => {
    let attempts = 0;
    const rpc = connect([first.url, second.url]);
    const ok = await rpc.read(async ({ client, block }) => {
      attempts += 1;
      // Its ranking request has passed by now.
      if (attempts === 1) first.misbehave(serverError);
      await getBalance(client, { address: chain.router, blockNumber: block });
      return "done";
    });
    expect([ok, attempts]).toEqual(["done", 2]);
  });

  test("when all fail, the error has the reason of each", async () => {
    first.misbehave(serverError);
    second.misbehave(onChain(1));
    expect(await refusal(connect([first.url, second.url]))).toBe(
      `RPC 127.0.0.1:${first.port}: HTTP 502: "down"; RPC 127.0.0.1:${second.port} is on chain 1, expected 31337`,
    );
  });

  test("an answer of a gigabyte ends at the cap", async () => {
    first.misbehave(
      () => new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(1024 * 1024).fill(0x20)) })),
    );
    expect(await refusal(connect([first.url]))).toContain("larger than");
  });
});

describe("chain id", () => {
  test("attack: RPC on another chain: it is asked for its chain id and nothing else", async () => {
    first.misbehave(onChain(1));
    const rpc = connect([first.url]);
    expect(await refusal(rpc)).toBe(`RPC 127.0.0.1:${first.port} is on chain 1, expected 31337`);
    await refusal(rpc);
    expect(methods(first)).toEqual(["eth_chainId", "eth_chainId"]);
    expect(await register.metrics()).toContain('fxn_rpc_requests_total{endpoint="0",outcome="wrong_chain"} 2');
  });

  test("it is asked once while all goes well, and again after an error", async () => {
    const rpc = connect([first.url]);
    await blockOf(rpc);
    await blockOf(rpc);
    expect(methods(first)).toEqual(["eth_chainId", "eth_blockNumber", "eth_blockNumber"]);
    first.misbehave(serverError);
    await refusal(rpc);
    first.calls.length = 0;
    first.misbehave(onChain(1));
    expect(await refusal(rpc)).toContain("is on chain 1, expected 31337");
    expect(methods(first)).toEqual(["eth_chainId"]);
    first.misbehave(undefined);
    await blockOf(rpc);
    expect(log.lines.map(({ message }) => message)).toEqual(["RPC failed", "RPC answers again"]);
  });

  test("with none configured, the first one learnt holds for all", async () => {
    second.misbehave((...args) => Bun.sleep(30).then(() => onChain(5)(...args) ?? new Response()));
    const rpc = connect([first.url, second.url], undefined);
    await blockOf(rpc);
    await until(() => warnings().length > 0);
    expect(warnings()[0]?.fields.error).toBe(`RPC 127.0.0.1:${second.port} is on chain 5, expected 31337`);
    first.misbehave(serverError);
    expect(await refusal(rpc)).toContain("is on chain 5, expected 31337");
    expect(methods(second)).not.toContain("eth_blockNumber");
  });
});

describe("ranking", () => {
  test("the quickest is asked first, also when it is named last", async () => {
    first.misbehave(() => Bun.sleep(50).then(() => Response.json({ jsonrpc: "2.0", id: 1, result: "0x7a69" })));
    const rpc = connect([first.url, second.url]);
    await blockOf(rpc);
    await Bun.sleep(120);
    first.calls.length = 0;
    second.calls.length = 0;
    await blockOf(rpc);
    expect([first.calls.length, methods(second)]).toEqual([0, ["eth_blockNumber"]]);
  });

  test("all are sampled once a minute, so that one that was down is found again", async () => {
    const clock = new FakeClock();
    first.misbehave(serverError);
    const rpc = connect([first.url, second.url], chain.chainId, clock);
    await blockOf(rpc);
    first.misbehave(undefined);
    first.calls.length = 0;
    await blockOf(rpc);
    expect(first.calls).toEqual([]);
    await clock.advance(60_000);
    await blockOf(rpc);
    await until(() => first.calls.length >= 2);
    expect(methods(first)).toEqual(["eth_chainId", "eth_blockNumber"]);
  });

  test("a single RPC is never sampled", async () => {
    const clock = new FakeClock();
    const rpc = connect([first.url], chain.chainId, clock);
    await blockOf(rpc);
    await clock.advance(600_000);
    await blockOf(rpc);
    expect(methods(first)).toEqual(["eth_chainId", "eth_blockNumber", "eth_blockNumber"]);
  });
});

describe("closing", () => {
  test("ends what is under way, and nothing is logged or asked afterwards", async () => {
    const asked = new Promise<void>((resolve) => {
      first.misbehave((...args) => {
        resolve();
        return hanging(...args);
      });
    });
    const rpc = connect([first.url]);
    const failed = refusal(rpc);
    await asked;
    rpc.close();
    await failed;
    const calls = first.calls.length;
    expect(await refusal(rpc)).toBe("the RPCs are closed");
    expect([log.lines, first.calls.length]).toEqual([[], calls]);
  });
});

describe("attack: API key in the RPC URL", () => {
  const key = "canaryKey0123";
  const encoded = "canary%20pass";
  const echo = (request: Request) => `${request.url} ${request.headers.get("authorization")} ${key} canary pass`;
  const leaks: Record<string, Misbehaviour | "closed"> = {
    closed: "closed",
    "HTTP error that echoes the URL": (_, request) => new Response(echo(request), { status: 401 }),
    "RPC error that echoes the URL": ({ id }, request) =>
      Response.json({ jsonrpc: "2.0", id, error: { code: -32_000, message: echo(request), data: echo(request) } }),
    "a revert that echoes the URL": ({ id }, request) =>
      Response.json({ jsonrpc: "2.0", id, error: { code: 3, message: `execution reverted: ${echo(request)}` } }),
    "HTML that echoes the URL": (_, request) => new Response(`<p>${echo(request)}`),
    "a result that echoes the URL": ({ id, method }, request) =>
      method === "eth_chainId" ? undefined : Response.json({ jsonrpc: "2.0", id, result: echo(request) }),
    "a redirect": (_, request) => Response.redirect(`${request.url}/elsewhere`),
    "no JSON-RPC": () => Response.json({}),
  };

  for (const [name, how] of Object.entries(leaks)) {
    test(`no part of it is shown: ${name}`, async () => {
      if (how === "closed") await first.stop();
      else first.misbehave(how);
      const url = `http://canaryuser:${encoded}@127.0.0.1:${first.port}/v2/${key}?token=${key}`;
      const rpc = connect([url]);
      const work = rpc.read(({ client, block }) => getBalance(client, { address: chain.router, blockNumber: block }));
      const error = await work.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      const shown = [Bun.inspect(error, { depth: 10 }), JSON.stringify(error), JSON.stringify(log.lines)].join("\n");
      expect(shown).toContain(`127.0.0.1:${first.port}`);
      expect(shown).not.toMatch(/canary|Y2FuYXJ5/);
    });
  }
});
