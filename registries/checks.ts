// What the registries add to the doctor: the RPCs, the contracts, who may call, and this node's own entry.
import { type CheckKind, fail, ok, warn } from "../src/core/check.ts";
import type { OwnEntry, RegistryLook } from "./look.ts";

const RPC = "rpc.answers";
const CONTRACTS = "registry.gateways";
const REGISTERED = "provider.registered";

export const RPC_CHECKS: readonly CheckKind<RegistryLook>[] = [
  {
    id: RPC,
    title: "The chain's RPCs answer",
    looksAt: "Each URL of rpcProvider by itself: whether it answers, and is on the chain that is expected.",
    mend: "Put a URL that works into rpcProvider in config.yaml; two or more, so that one may fail. On a wrong chain, see registry.chainId.",
    async run({ rpcs }) {
      const all = await rpcs();
      const errors = all.flatMap(({ error }) => error ?? []);
      const hint = "Put an RPC that works into rpcProvider in config.yaml; two are better than one.";
      if (errors.length === all.length) return fail(errors.join("; "), hint);
      const answering = all.filter(({ error }) => error === undefined).map(({ host }) => host);
      const message = `${answering.join(", ")} ${answering.length === 1 ? "answers" : "answer"}`;
      return errors.length > 0 ? warn(`${message}, but ${errors.join("; ")}`, hint) : ok(message);
    },
  },
];

export const CALLER_CHECKS: readonly CheckKind<RegistryLook>[] = [
  {
    id: CONTRACTS,
    title: "The contracts are there and list gateways",
    looksAt: "The Router, the GatewayRegistry that it names, and the gateways listed there: only they may call.",
    mend: "Check registry.routerSmartContractAddress, and that rpcProvider is on the same chain. With both right, the network has no gateway yet.",
    after: [RPC],
    async run({ gateways }) {
      const count = await gateways();
      if (count > 0) return ok(`${count} may call`);
      return fail(
        "no gateway is listed, so nobody may call",
        "Correct registry.routerSmartContractAddress or rpcProvider, if one is of another network; else wait for the first gateway.",
      );
    },
  },
];

export const PROVIDER_CHECKS: readonly CheckKind<RegistryLook>[] = [
  {
    id: REGISTERED,
    title: "This node is registered as a provider",
    looksAt: "The ProviderRegistry's entries whose owner is the address of this node's key.",
    mend: "Register it: fxn provider register. Registered with another key? Then bring that key: fxn accounts import.",
    after: [RPC, CONTRACTS],
    async run({ own }) {
      const count = (await own()).length;
      if (count > 0)
        return ok(count === 1 ? "one registration has this address" : `${count} registrations have this address`);
      return fail("this node's address is not registered as a provider", "Register it: fxn provider register");
    },
  },
  {
    id: "provider.url",
    title: "The registration says where the node is",
    looksAt: 'The metadata of the registration: JSON with the public "url" of the node.',
    mend: "Write it: fxn provider update.",
    after: [REGISTERED],
    async run({ own }) {
      const urls = (await own()).flatMap(({ url }) => url ?? []);
      if (urls.length > 0) return ok([...new Set(urls)].join(", "));
      return fail(
        "the registration's metadata has no url, so nobody knows where to call",
        "Write it: fxn provider update",
      );
    },
  },
  {
    id: "provider.paused",
    title: "The registration is not paused",
    looksAt: "Whether the registration's owner has paused it.",
    mend: "End the pause: fxn provider unpause.",
    after: [REGISTERED],
    run: async ({ own }) =>
      judge(
        await own(),
        ({ paused }) => paused,
        "not paused",
        "paused: the network sends it nothing",
        "End the pause: fxn provider unpause",
      ),
  },
  {
    id: "provider.stake",
    title: "Enough is staked",
    looksAt:
      "Whether the registry counts the registration as active: one that is not paused and still not active lacks stake, or waits for the next epoch.",
    mend: "Look at the stake: fxn provider status. Stake more: fxn provider stake. What was just staked counts from the next epoch.",
    after: [REGISTERED, "provider.paused"],
    run: async ({ own }) =>
      judge(
        (await own()).filter(({ paused }) => !paused),
        ({ active }) => !active,
        "active",
        "not active: too little is staked, or the next epoch has not begun",
        "See what is missing: fxn provider status. Stake more: fxn provider stake; or wait for the next epoch",
      ),
  },
];

/** Of several entries one that works is enough. */
function judge(
  entries: readonly OwnEntry[],
  ill: (entry: OwnEntry) => boolean,
  well: string,
  what: string,
  hint: string,
) {
  const count = entries.filter(ill).length;
  if (count === 0) return ok(entries.length === 1 ? well : `all ${entries.length} registrations are ${well}`);
  if (count === entries.length) return fail(`the registration is ${what}`, hint);
  return warn(`of ${entries.length} registrations ${count} are ${what}`, hint);
}
