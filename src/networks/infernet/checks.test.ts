// Each check of Infernet's is red for the right reason, against a control plane that is as strict as its documents.
import { type Red, testReds } from "../../../test/conformance/red-checks.ts";
import { until } from "../../../test/e2e/until.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import type { Fault } from "../../../test/fakes/infernet-control-plane.ts";
import { begun, start } from "../../../test/fakes/infernet-node.ts";
import { infernetRig, type Rig } from "../../../test/fakes/infernet-ports.ts";
import { infernetNetwork } from "./network.ts";

interface Wish {
  readonly settings?: object;
  /** Before the node begins, and once it has. */
  readonly before?: (rig: Rig) => void;
  readonly once?: (rig: Rig) => void;
}

/** A node that is registered, with an address for its payouts. */
async function node({ settings, before, once }: Wish = {}) {
  const clock = new FakeClock();
  const rig = infernetRig(clock);
  before?.(rig);
  const { session, stop, ended } = start(rig, settings);
  await begun(clock);
  const { store } = rig.plane;
  for (const { id } of store.rows) {
    store.payouts.push({
      id: "p",
      provider_id: id,
      coin: "BTC",
      network: "btc",
      address: "bc1q",
      is_default: true,
      created_at: "now",
    });
  }
  once?.(rig);
  return {
    checks: () => session.checks(),
    found: () => Promise.all(session.checks().map((check) => check.run(stop.signal))),
    async stop() {
      stop.abort();
      await clock.advance(10_000);
      await ended;
    },
  };
}

const refusing =
  (end: string, fault: Fault) =>
  ({ plane }: Rig) => {
    plane.fault = (path) => (path.endsWith(end) ? fault : undefined);
  };
const down = ({ plane }: Rig) => {
  plane.down = true;
};

const REDS: readonly Red[] = [
  {
    id: "infernet.models",
    make: () => node({ before: (rig) => rig.models.splice(0) }),
    message: /^no model is configured$/,
    hint: /model_backend\.yaml/,
  },
  {
    id: "infernet.models",
    make: () => node({ before: (rig) => rig.models.splice(0, 1, "/home/alice/big.gguf") }),
    message: /^none of 1 models is fit to be offered$/,
    hint: /paths are not offered/,
  },
  {
    id: "infernet.models",
    make: () =>
      node({
        once: (rig) => {
          rig.works = false;
        },
      }),
    message: /^no model server works, so that none is offered$/,
    hint: /fxn status/,
  },
  {
    id: "infernet.models",
    make: () => node({ before: (rig) => rig.models.push("/home/alice/big.gguf") }),
    message: /^1; 1 more are not for chats, or have ids that would show your folders$/,
    hint: /alias/,
    state: "warn",
  },
  {
    id: "infernet.registered",
    make: () => node({ once: ({ plane }) => plane.store.rows.splice(0) }),
    message: /^the control plane at plane\.example does not know this node's key$/,
    hint: /fxn infernet register/,
  },
  {
    id: "infernet.registered",
    make: () => node({ once: down }),
    message: /^the control plane cannot be asked: \S+: plane\.example: connection refused$/,
    hint: /networks\.infernet\.url/,
  },
  {
    id: "infernet.registered",
    make: () => {
      const error = "JSON object requested, multiple (or no) rows returned";
      return node({ once: refusing("/me", { kind: "status", status: 500, applied: false, error }) });
    },
    message: /plane\.example said: JSON object requested, multiple/,
    hint: /^Two nodes are registered with this key/,
  },
  {
    id: "infernet.registered",
    make: () =>
      node({
        once: ({ plane }) => {
          for (const row of plane.store.rows) row.address = "203.0.113.7";
        },
      }),
    message: /^plane\.example knows it, and still publishes an address of it$/,
    hint: /fxn infernet remove/,
    state: "warn",
  },
  {
    id: "infernet.clock",
    make: () =>
      node({
        before: ({ plane }) => {
          plane.clockAhead = 3_600_000;
        },
      }),
    message: /^it is (3600|3601) s off that of plane\.example; requests follow theirs$/,
    hint: /NTP/,
    state: "warn",
  },
  {
    id: "infernet.advertise",
    make: () => node({ settings: { advertise: true } }),
    message: /^advertise is on, and there is no address to publish$/,
    hint: /networks\.infernet\.address/,
    state: "warn",
  },
  {
    id: "infernet.advertise",
    make: () => node({ settings: { p2p: { enabled: true } } }),
    message: /^p2p is on and not opened, since advertise is off$/,
    hint: /networks\.infernet\.advertise/,
    state: "warn",
  },
  {
    id: "infernet.advertise",
    make: async () => {
      const taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
      const p2p = { enabled: true, host: "127.0.0.1", port: taken.port };
      const it = await node({ settings: { advertise: true, address: "203.0.113.7", p2p } });
      // Ports are not opened by the test's clock.
      await until(async () => JSON.stringify(await it.found()).includes("p2p port"));
      return { ...it, stop: () => it.stop().then(() => taken.stop(true)) };
    },
    message: /^the p2p port cannot be opened: /,
    hint: /networks\.infernet\.p2p/,
    state: "warn",
  },
  {
    id: "infernet.payout",
    make: () => node({ once: ({ plane }) => plane.store.payouts.splice(0) }),
    message: /^plane\.example knows no address for this node's payouts$/,
    hint: /fxn infernet payout set/,
    state: "warn",
  },
  {
    id: "infernet.payout",
    make: () => node({ once: refusing("/payouts/list", { kind: "status", status: 500, applied: false }) }),
    message: /^it is not known whether there is one: \S+payouts\/list: plane\.example said: out of order$/,
    hint: /networks\.infernet\.url/,
    state: "warn",
  },
];

testReds(infernetNetwork, node, REDS);
