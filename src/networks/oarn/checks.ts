// What can be asked about this network: chain, registries, funds, content, models, and what the contracts cannot do.
import { getBalance } from "viem/actions";
import { formatEther } from "viem/utils";
import type { ChainReader } from "../../chain/chain.ts";
import type { Check, CheckAnswer } from "../../core/check.ts";
import { FxnError, messageOf } from "../../core/errors.ts";
import type { Ipfs } from "../../ipfs/ipfs.ts";
import { clean } from "../../lib/clean.ts";
import type { ChainPorts } from "../ports.ts";
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

export function oarnChecks(
  settings: OarnSettings,
  ports: ChainPorts,
  parts: Parts,
  seeker: Pick<Seeker, "look">,
): readonly Check[] {
  const looked = (say: (there: Discovered<ChainReader>) => CheckAnswer | Promise<CheckAnswer>) =>
    answered(() => seeker.look(say));
  return [
    {
      id: "oarn.discovery",
      title: "The chain and its task registries are there",
      run: () =>
        looked(({ registries, problems }) => {
          const message = registries.map(({ name }) => name).join(", ");
          if (problems.length === 0) return { state: "ok", message };
          return {
            state: "warn",
            message: `${message}; ${problems.join("; ")}`,
            hint: "Check networks.oarn.blockchain.",
          };
        }),
    },
    {
      id: "oarn.registries",
      title: "The task registries take claims",
      run: () =>
        looked(async ({ chain, registries }) => {
          const paused = await chain.read((view) => Promise.all(registries.map((one) => one.paused(view))));
          const names = registries.filter((_, index) => paused[index]).map(({ name }) => name);
          return names.length === 0
            ? { state: "ok", message: `${registries.length}` }
            : { state: "warn", message: `paused: ${names.join(", ")}`, hint: "Their owner has to end the pause." };
        }),
    },
    {
      id: "oarn.funds",
      title: "There is ETH for gas",
      run: () =>
        looked(async ({ chain }) => {
          const balance = await chain.read((view) =>
            getBalance(view.client, { address: ports.account.address, blockNumber: view.block }),
          );
          const message = `${formatEther(balance)} ETH at ${ports.account.checksumAddress}`;
          const hint = "Send ETH of that chain to the account; rewards come in ETH, too.";
          if (balance === 0n) return { state: "fail", message, hint };
          return balance < LITTLE ? { state: "warn", message, hint } : { state: "ok", message };
        }),
    },
    {
      id: "oarn.storage",
      title: "Results can be stored",
      run: (signal) => stored(settings, parts.ipfs, signal),
    },
    {
      id: "oarn.compute",
      title: "There is something to work with",
      async run() {
        const { frameworks, models } = termsOf(settings, parts.compute, ports);
        const trouble =
          frameworks.length > 0 ? await parts.compute?.check().then(() => undefined, messageOf) : undefined;
        if (trouble !== undefined) {
          const hint = "Install bubblewrap, or set networks.oarn.compute.sandbox or frameworks.";
          return { state: "warn", message: `model files are not run: ${clean(trouble)}`, hint };
        }
        const can = [...frameworks, ...(models.length > 0 ? [`text by ${models.length} models`] : [])];
        if (can.length > 0) return { state: "ok", message: can.join(", ") };
        return { state: "fail", message: "nothing", hint: "Name models in model_backend.yaml." };
      },
    },
    {
      id: "oarn.promises",
      title: "What OARN's contracts do not have",
      async run() {
        return {
          state: "ok",
          message:
            "no claim of rewards (they come by themselves), no validators, no cancel in V2; an agreed result is not a proven one",
        };
      },
    },
  ];
}

async function stored(settings: OarnSettings, ipfs: Ipfs, signal: AbortSignal): Promise<CheckAnswer> {
  const places = placesOf(settings);
  if (!places)
    return {
      state: "fail",
      message: "there is no place for them, so that nothing is claimed",
      hint: "Set networks.oarn.storage.ipfsApi, or uploadUrl and uploadToken.",
    };
  const hint = "Start the IPFS node of networks.oarn.storage.ipfsApi, or set another; until then nothing is claimed.";
  const trouble = await ipfs.canStore(signal).then(() => undefined, messageOf);
  if (trouble !== undefined) return { state: "fail", message: clean(trouble, 300), hint };
  const by = [...(places.api === undefined ? [] : ["the IPFS API"]), ...(places.pinata ? ["upload"] : [])];
  return { state: "ok", message: `by ${by.join(" and ")}` };
}

async function answered(ask: () => Promise<CheckAnswer>): Promise<CheckAnswer> {
  try {
    return await ask();
  } catch (error) {
    const hint = error instanceof FxnError ? error.hint : undefined;
    return { state: "fail", message: clean(messageOf(error), 300), ...(hint !== undefined && { hint }) };
  }
}
