// Each check of fed_AI's is red for the right reason, against a router on loopback.
import { type Red, testReds } from "../../../test/conformance/red-checks.ts";
import { until } from "../../../test/e2e/until.ts";
import { fakePorts } from "../../../test/fakes/fedai-ports.ts";
import { fedaiRig, KEYS, ROUTER, type SettingsInput } from "../../../test/fakes/fedai-rig.ts";
import { FakeFedaiRouter, type Fault } from "../../../test/fakes/fedai-router.ts";
import { fedaiNetwork } from "./network.ts";

const WELL: SettingsInput = {
  endpoint: "https://node.example",
  models: [{ id: "mock-chat", contextWindow: 8192 }],
  payments: { required: true, feeMaxBps: 100, verify: { url: "http://127.0.0.1:1/" } },
};

interface Wish {
  /** Of the router's clock, milliseconds. */
  readonly skew?: number;
  readonly fault?: Fault;
  /** Other routers, named before it. */
  readonly before?: readonly string[];
}

/** A node that has tried to register once, with each. */
async function node(input: SettingsInput = {}, { skew = 0, fault, before = [] }: Wish = {}) {
  const ports = fakePorts({ privateKeyHex: KEYS.node.privateKeyHex, home: "/nonexistent" });
  const router = new FakeFedaiRouter(ROUTER, ports.clock);
  router.skew = skew;
  if (fault) router.faults.push(fault);
  const routers = [...before, router.url].map((endpoint) => ({ endpoint, key: KEYS.router.npub }));
  const { session } = fedaiRig({ ...WELL, routers, ...input }, "/nonexistent", ports);
  const life = new AbortController();
  const ended = session.run(life.signal);
  if (input.routers === undefined) {
    await until(() => ports.counted.filter((one) => one.startsWith("register")).length === routers.length);
  }
  return {
    ports,
    checks: () => session.checks(),
    async stop() {
      life.abort();
      await ended;
      router.stop();
    },
  };
}

/** @param change to what the node has, once it has begun */
async function changed(change: (ports: ReturnType<typeof fakePorts>) => void) {
  const it = await node();
  change(it.ports);
  return it;
}

/** Answers nothing well, a health check least of all. */
const broken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("", { status: 502 }) });
broken.unref();
const at = (endpoint: string) => node({ routers: [{ endpoint, key: KEYS.router.npub }] });

const REDS: readonly Red[] = [
  {
    id: "fedai.models",
    make: () =>
      changed((ports) => {
        ports.models = () => [];
      }),
    message: /^no model is offered$/,
    hint: /model_backend\.yaml/,
  },
  {
    id: "fedai.models",
    make: () =>
      changed((ports) => {
        ports.servers = ports.servers.map((server) => ({ ...server, works: false }));
      }),
    message: /^no model server works$/,
    hint: /fxn status/,
  },
  {
    id: "fedai.models",
    make: () => node({ models: [] }),
    message: /^the context window is not known, and taken to be \d+, of mock-chat$/,
    hint: /contextWindow/,
    state: "warn",
  },
  {
    id: "fedai.endpoint",
    make: () => {
      const routers = [{ endpoint: "http://127.0.0.1:1", key: KEYS.router.npub }];
      return node({ endpoint: undefined, routers });
    },
    message: /^no endpoint is set, so that no router is told of this node$/,
    hint: /networks\.fedai\.endpoint/,
  },
  {
    id: "fedai.endpoint",
    make: () => node({ endpoint: "https://192.168.1.2:8081" }),
    message: /^the announced address 192\.168\.1\.2 is not public$/,
    hint: /private network/,
    state: "warn",
  },
  {
    id: "fedai.endpoint",
    make: () => node({ endpoint: "http://node.example" }),
    message: /^prompts travel unencrypted to http:\/\/node\.example/,
    hint: /https/,
    state: "warn",
  },
  {
    id: "fedai.router",
    make: () => at("http://127.0.0.1:1"),
    message: /^the router cannot be reached: 127\.0\.0\.1:1: /,
    hint: /networks\.fedai\.routers/,
  },
  {
    id: "fedai.router",
    make: () => at(`http://127.0.0.1:${broken.port}`),
    message: /^the router at 127\.0\.0\.1:\d+ answers 502 at \/health$/,
    hint: /operator/,
  },
  {
    id: "fedai.router",
    make: () => node({}, { skew: 400_000 }),
    message: /^the clock of the router at 127\.0\.0\.1:\d+ is (400|401) s from ours$/,
    hint: /set this machine's clock/,
  },
  {
    id: "fedai.router",
    make: () => node({}, { skew: 20_000 }),
    message: /^the clock of the router at 127\.0\.0\.1:\d+ is (20|21) s from ours$/,
    hint: /clock/,
    state: "warn",
  },
  {
    id: "fedai.router",
    make: () => node({}, { fault: "500" }),
    message: /^the router at 127\.0\.0\.1:\d+ does not register this node: 500 internal-error$/,
    hint: /networks\.fedai\.nodeId/,
  },
  {
    id: "fedai.router",
    make: () => node({}, { before: ["http://127.0.0.1:1"] }),
    message: /^the router cannot be reached: 127\.0\.0\.1:1: /,
    hint: /networks\.fedai\.routers/,
    state: "warn",
  },
  {
    id: "fedai.callers",
    make: () => node({ routers: [], access: { open: true } }),
    message: /^every stranger is served$/,
    hint: /networks\.fedai\.access\.open/,
    state: "warn",
  },
  {
    id: "fedai.payments",
    make: () => node({ payments: { required: true, unverified: true } }),
    message: /^receipts of payments are taken on their word$/,
    hint: /verify\.url/,
    state: "warn",
  },
  {
    id: "fedai.payments",
    make: () => node({ payments: { required: true, verify: { url: "http://127.0.0.1:1/" } } }),
    message: /^routers may add any fee$/,
    hint: /feeMaxBps/,
    state: "warn",
  },
];

testReds(fedaiNetwork, node, REDS);
