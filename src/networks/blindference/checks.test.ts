// Each check of Blindference's is red for the right reason: ICL, CoFHE and payments in memory, the contracts on a chain of this machine.
import { type Red, testReds } from "../../../test/conformance/red-checks.ts";
import { GROQ, nodeIn, SETTINGS, World } from "../../../test/fakes/blindference-world.ts";
import { FakeNetworkState } from "../../../test/fakes/network-state.ts";
import { useStand } from "../../../test/sandbox/blindference/stand.ts";
import { openChain } from "../../../test/sandbox/chain-rig.ts";
import type { Chain } from "../../chain/chain.ts";
import { noteUntil } from "./availability.ts";
import { blindferenceNetwork } from "./network.ts";
import { availabilityStep, registerStep } from "./on-chain.ts";

const CERTIFICATE = { hash: `0x${"cd".repeat(16)}`, expires: 2_000_000_000_000, tier: 0 };
const DAY_MS = 24 * 60 * 60 * 1000;
const stand = useStand();

interface Wish {
  readonly settings?: object;
  readonly chain?: () => Chain;
  /** What was not done on chain, of what should be. */
  readonly without?: "stake" | "register" | "record";
  /** Before the node begins, and once it has. */
  readonly before?: (world: World) => void;
  readonly once?: (world: World, state: FakeNetworkState) => unknown;
}

/** One whose stake is paid, that is registered, attested, and lets itself be drawn into quorums. */
async function node({ settings, chain = () => stand.chain, without, before, once }: Wish = {}) {
  const world = new World();
  const state = new FakeNetworkState(world.clock);
  const { account, address } = stand;
  if (without !== "stake") await stand.staked("1000");
  const registration = await registerStep(stand.chain, CERTIFICATE, []);
  if (registration && without !== "register") await stand.carryOut([registration]);
  if (without !== "record") {
    const step = availabilityStep(account, CERTIFICATE, await stand.seconds());
    await stand.carryOut([step]);
    noteUntil(state, address, step.until);
  }
  world.payments.set(`/v1/nodes/${account.checksumAddress}/earnings`, { total_blind_earned: "0", jobs_count: 0 });
  before?.(world);
  const opened = nodeIn(world, stand.key, {
    settings: { models: [GROQ], rpcUrls: [stand.rig.url], ...settings },
    state,
    ports: { chain },
  });
  await world.pass(1000);
  await once?.(world, state);
  return { checks: () => opened.session.checks(), stop: () => opened.stop() };
}

/** An answer that is no answer is asked for once more, after a second of a clock that stands still; this one is one. */
const broken = { kind: "status", status: 503 } as const;
const bridged = { cofhe: { mode: "bridge" }, paymentUrl: SETTINGS.paymentUrl };

const REDS: readonly Red[] = [
  {
    id: "blindference.models",
    make: () => node({ settings: { models: ["qwen2.5-7b"] } }),
    message: /^no model server has qwen2\.5-7b at \/v1\/\S+$/,
    hint: /model_backend\.yaml/,
  },
  {
    id: "blindference.models",
    make: () => node({ settings: { models: [] } }),
    message: /^networks\.blindference\.models names none$/,
    hint: /fxn blindference models list/,
  },
  {
    id: "blindference.models",
    make: () => node({ settings: { models: [GROQ, "qwen2.5-7b"] } }),
    message: /^no model server has qwen2\.5-7b/,
    hint: /alias/,
    state: "warn",
  },
  {
    id: "blindference.keys",
    make: () => node({ settings: { cofhe: { mode: "python" } } }),
    message: /^no keys can be had: networks\.blindference\.cofhe\.endpoint is not set$/,
    hint: /cofhe\.endpoint/,
  },
  {
    id: "blindference.icl",
    make: () => node({ once: ({ icl }) => icl.forgetOperators() }),
    message: /^the ICL at icl\.test does not list this node$/,
    hint: /fxn blindference attest/,
  },
  {
    id: "blindference.icl",
    make: () => node({ once: ({ icl }) => icl.fail("/v1/nodes", broken, 100) }),
    message: /^the ICL cannot be asked: .*icl\.test.*out of order/,
    hint: /networks\.blindference\.url/,
  },
  {
    id: "blindference.certificate",
    make: () => node({ once: ({ clock }) => clock.jump(2 * DAY_MS) }),
    message: /^the certificate of icl\.test ended at \d{4}-\d\d-\d\dT/,
    hint: /fxn blindference attest/,
  },
  {
    id: "blindference.certificate",
    make: () => node({ once: ({ clock }) => clock.jump(DAY_MS - 60_000) }),
    message: /^the certificate ends at \d{4}/,
    hint: /see its log/,
    state: "warn",
  },
  {
    id: "blindference.rpc",
    make: () => {
      const { chain, close } = openChain(stand.home, { rpcUrls: ["http://127.0.0.1:1"] });
      return node({ chain: () => chain }).then((it) => ({ ...it, stop: () => it.stop().then(close) }));
    },
    message: /^the chain cannot be read: .*127\.0\.0\.1:1/,
    hint: /rpcUrls/,
  },
  {
    id: "blindference.rpc",
    make: () => node({ settings: { rpcUrls: [] } }),
    message: /^no RPC is named, so that neither the stake nor the chain's count of failures can be seen$/,
    hint: /networks\.blindference\.rpcUrls/,
    state: "warn",
  },
  {
    id: "blindference.leading",
    make: () => node({ settings: { ipfs: { ...SETTINGS.ipfs, uploadToken: undefined } } }),
    message: /^it verifies only: there is nowhere to put an answer$/,
    hint: /ipfs\.uploadToken/,
    state: "warn",
  },
  {
    id: "blindference.store",
    make: () => node({ settings: { ...bridged, promptKeyStore: `0x${"12".repeat(20)}` } }),
    message: /^there is no contract at 0x1212/,
    hint: /promptKeyStore/,
  },
  {
    id: "blindference.store",
    make: () => node({ settings: bridged }),
    message: /^no PromptKeyStore is set$/,
    hint: /promptKeyStore/,
    state: "warn",
  },
  {
    id: "blindference.stake",
    make: () => node({ without: "stake" }),
    message: /^nothing is staked$/,
    hint: /fxn blindference staking stake/,
    state: "warn",
  },
  {
    id: "blindference.stake",
    make: () => node({ once: () => stand.rig.write("BlindferenceStaking", "recordFailure", [stand.address]) }),
    message: /^1 failure is counted; the third in a row takes all of the stake$/,
    hint: /could be the third/,
    state: "warn",
  },
  {
    id: "blindference.registered",
    make: () => node({ without: "register" }),
    message: /^NodeRegistry does not have 0x\w{40}$/,
    hint: /--register-on-chain/,
    state: "warn",
  },
  {
    id: "blindference.availability",
    make: () => node({ without: "record" }),
    message: /^there is no valid record of this node on chain$/,
    hint: /--register-on-chain/,
    state: "warn",
  },
  {
    id: "blindference.payments",
    make: () => node({ before: ({ payments }) => payments.clear() }),
    message: /^the payment service at pay\.test answered 404$/,
    hint: /networks\.blindference\.paymentUrl/,
    state: "warn",
  },
];

testReds(blindferenceNetwork, node, REDS);
