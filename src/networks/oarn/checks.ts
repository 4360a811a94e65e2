// What can be asked about this network: models, chain, registries, funds, and where results go.
import { getBalance } from "viem/actions";
import { formatEther } from "viem/utils";
import type { ChainReader } from "../../chain/chain.ts";
import { type Check, type CheckAnswer, fail, ok, warn } from "../../core/check.ts";
import { FxnError, messageOf } from "../../core/errors.ts";
import type { Ipfs } from "../../ipfs/ipfs.ts";
import { clean } from "../../lib/clean.ts";
import type { ChainPorts } from "../ports.ts";
import { named } from "./check-words.ts";
import type { Compute } from "./compute/compute.ts";
import type { Discovered } from "./discovery/discover.ts";
import type { Seeker } from "./discovery/seeker.ts";
import { type OarnSettings, placesOf } from "./settings.ts";
import { termsOf } from "./terms.ts";

interface Parts {
  readonly ipfs: Ipfs;
  readonly compute: Compute | undefined;
}

/** What a claim and a submission cost on a calm day, ten times. */
const LITTLE = 2n * 10n ** 15n;
const DISCOVERY = named("discovery");

type There = Discovered<ChainReader>;

export function oarnChecks(
  settings: OarnSettings,
  ports: ChainPorts,
  parts: Parts,
  seeker: Pick<Seeker, "look">,
): readonly Check[] {
  const looked = (say: (there: There) => CheckAnswer | Promise<CheckAnswer>) => () => answered(() => seeker.look(say));
  return [
    {
      ...named("compute"),
      run: () => workable(settings, ports, parts.compute),
    },
    { ...DISCOVERY, run: looked(found) },
    {
      ...named("registries"),
      after: [DISCOVERY.id],
      run: looked(open),
    },
    {
      ...named("funds"),
      after: [DISCOVERY.id],
      run: looked((there) => funded(there, ports.account)),
    },
    { ...named("storage"), run: (signal) => stored(settings, parts.ipfs, signal) },
  ];
}

function found({ registries, problems }: There): CheckAnswer {
  const names = registries.map(({ name }) => name).join(", ");
  if (problems.length === 0) return ok(names);
  return warn(
    `${names} answer; ${clean(problems.join("; "), 300)}`,
    "Correct networks.oarn.blockchain or discovery in config.yaml, then: fxn reload",
  );
}

async function open({ chain, registries }: There): Promise<CheckAnswer> {
  const paused = await chain.read((view) => Promise.all(registries.map((one) => one.paused(view))));
  const names = registries.filter((_, index) => paused[index]).map(({ name }) => name);
  if (names.length === 0) return ok(`${registries.length}`);
  const words = `paused by their owner: ${names.join(", ")}`;
  const hint = "Wait: only their owner can end the pause, and the node goes on by itself then.";
  return names.length < registries.length ? warn(words, hint) : fail(`no registry takes claims; ${words}`, hint);
}

async function funded({ chain }: There, account: ChainPorts["account"]): Promise<CheckAnswer> {
  const balance = await chain.read((view) =>
    getBalance(view.client, { address: account.address, blockNumber: view.block }),
  );
  const words = `${formatEther(balance)} ETH at ${account.checksumAddress} on chain ${chain.chainId}`;
  const hint = "Send ETH of that chain to the account; rewards come in ETH, too.";
  if (balance === 0n) return fail(`nothing to pay gas with: ${words}`, hint);
  return balance < LITTLE ? warn(`little to pay gas with: ${words}`, hint) : ok(words);
}

async function workable(settings: OarnSettings, ports: ChainPorts, compute: Compute | undefined): Promise<CheckAnswer> {
  const { frameworks, models } = termsOf(settings, compute, ports);
  const text = models.length > 0 ? [`text by ${models.length} models`] : [];
  const trouble = frameworks.length > 0 ? await compute?.check().then(() => undefined, messageOf) : undefined;
  if (trouble !== undefined) {
    const hint = "Install bubblewrap, or set networks.oarn.compute.sandbox or frameworks.";
    const words = `model files are not run: ${clean(trouble, 300)}`;
    return text.length > 0 ? warn(words, hint) : fail(`no model is configured, and ${words}`, hint);
  }
  const can = [...frameworks, ...text];
  if (can.length > 0) return ok(can.join(", "));
  const hint = "Name models in model_backend.yaml, or frameworks in networks.oarn.compute.";
  return fail("no model is configured, and no kind of model file is run", hint);
}

async function stored(settings: OarnSettings, ipfs: Ipfs, signal: AbortSignal): Promise<CheckAnswer> {
  const places = placesOf(settings);
  if (!places) {
    const hint = "Set networks.oarn.storage.ipfsApi, or uploadUrl and uploadToken.";
    return fail("no place for results is configured, so that nothing is claimed", hint);
  }
  const hint = "Start the IPFS node of networks.oarn.storage.ipfsApi, or set another; until then nothing is claimed.";
  const trouble = await ipfs.canStore(signal).then(() => undefined, messageOf);
  if (trouble !== undefined) return fail(`results cannot be stored: ${clean(trouble, 300)}`, hint);
  const by = [...(places.api === undefined ? [] : ["the IPFS API"]), ...(places.pinata ? ["upload"] : [])];
  return ok(`by ${by.join(" and ")}`);
}

async function answered(ask: () => Promise<CheckAnswer>): Promise<CheckAnswer> {
  try {
    return await ask();
  } catch (error) {
    const hint = error instanceof FxnError ? error.hint : undefined;
    return fail(clean(messageOf(error), 300), hint ?? "Put an RPC that works into networks.oarn.blockchain.rpcUrls.");
  }
}
