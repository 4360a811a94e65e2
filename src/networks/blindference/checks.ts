// What can be asked about this network: the ICL, the certificate, the models, the keys, and what stands on chain.

import type { Chain } from "../../chain/chain.ts";
import { type Check, type CheckAnswer, fail, ok, skip, warn } from "../../core/check.ts";
import type { Clock } from "../../core/clock.ts";
import { FxnError, messageOf } from "../../core/errors.ts";
import { endsSoon, notedUntil, shownEnd } from "./availability.ts";
import { named } from "./check-words.ts";
import { chainSeconds, isAvailable, stakeOf, standingOf } from "./contracts/reads.ts";
import { isListed } from "./icl-routes.ts";
import type { Leading } from "./jobs/leading.ts";
import type { Payments } from "./payments.ts";
import type { Shown } from "./status-lines.ts";
import { checkStore } from "./store-check.ts";

/** A certificate with less left has not been renewed as it should have been. */
const LITTLE_LEFT_MS = 5 * 60 * 60 * 1000;

export interface Checked extends Shown {
  readonly leading: Leading;
  readonly payments: Payments;
  readonly clock: Clock;
}

const MODELS = named("models");
const ICL = named("icl");
const RPC = named("rpc");

/** In the order in which they keep work away: the ICL is told of no node that has no model. */
export function blindferenceChecks(checked: Checked): readonly Check[] {
  const { icl, account, payments, chain } = checked;
  const onChain = (name: Parameters<typeof named>[0], ask: (chain: Chain) => Promise<CheckAnswer>): Check => ({
    ...named(name),
    after: [RPC.id],
    run: () =>
      answered(async () => (chain ? ask(chain) : skip("no RPC is named")), "the chain cannot be read", SEE_RPC),
  });
  return [
    { ...MODELS, run: async () => models(checked) },
    { ...named("keys"), run: async () => keys(checked) },
    {
      ...ICL,
      after: [MODELS.id],
      run: (signal) =>
        answered(
          async () => {
            if (await isListed(icl, signal)) return ok(`${icl.host} does`);
            const hint = "A running node attests itself; or: fxn blindference attest";
            return fail(`the ICL at ${icl.host} does not list this node`, hint);
          },
          "the ICL cannot be asked",
          "Is this machine online, and networks.blindference.url right? The node goes on asking by itself.",
        ),
    },
    {
      ...named("certificate"),
      after: [ICL.id],
      run: async () => certificate(checked),
    },
    {
      ...RPC,
      run: () => answered(() => rpc(chain), "the chain cannot be read", SEE_RPC),
    },
    {
      ...named("leading"),
      after: [RPC.id],
      run: () =>
        answered(
          async () => {
            const refusal = await checked.leading.refusal();
            return refusal ? warn(`it verifies only: ${refusal.why}`, refusal.hint) : ok("it can");
          },
          "the chain cannot be read",
          SEE_RPC,
        ),
    },
    onChain("store", async (on) =>
      checked.settings.cofhe.mode === "python"
        ? ok("in mode python there is no use for one")
        : checkStore(on, checked.settings.promptKeyStore),
    ),
    onChain("stake", async (on) => stake(await stakeOf(on, account.address))),
    onChain("registered", async (on) => {
      const { registered, active } = await standingOf(on, account.address);
      if (!registered) {
        const words = `NodeRegistry does not have ${account.checksumAddress}`;
        return warn(words, "Register it: fxn blindference attest --register-on-chain");
      }
      return ok(active ? "it is, and counts as active" : "it is; the ICL does not need it active");
    }),
    onChain("availability", (on) => availability(on, checked)),
    {
      ...named("payments"),
      run: (signal) => paying(payments, signal),
    },
  ];
}

const SEE_RPC = "Put an RPC that works into networks.blindference.rpcUrls; two are better than one.";

async function rpc(chain: Chain | undefined): Promise<CheckAnswer> {
  if (!chain) {
    return warn(
      "no RPC is named, so that neither the stake nor the chain's count of failures can be seen",
      "Set networks.blindference.rpcUrls. Until then it goes by its own count, as if there were a stake.",
    );
  }
  return ok(`its latest block is of ${new Date((await chainSeconds(chain)) * 1000).toISOString()}`);
}

function stake({ staked, consecutiveFailures }: Awaited<ReturnType<typeof stakeOf>>): CheckAnswer {
  if (staked === 0n) return warn("nothing is staked", "Stake: fxn blindference staking stake 1000");
  if (consecutiveFailures === 0n) return ok("no failure is counted");
  const counted = consecutiveFailures === 1n ? "1 failure is" : `${consecutiveFailures} failures are`;
  return warn(
    `${counted} counted; the third in a row takes all of the stake`,
    "Mend what else is red or yellow here: a job that is delivered, or a vote, ends the row. It leads nothing that could be the third.",
  );
}

function certificate({ presence, clock, icl }: Checked): CheckAnswer {
  const { expires } = presence.certificate ?? {};
  const hint = "A running node renews it: see its log. Or: fxn blindference attest";
  if (expires === undefined) return fail(`the ICL at ${icl.host} has given this node no certificate`, hint);
  const until = new Date(expires).toISOString();
  const left = expires - clock.now();
  if (left <= 0) return fail(`the certificate of ${icl.host} ended at ${until}`, hint);
  return left < LITTLE_LEFT_MS ? warn(`the certificate ends at ${until}`, hint) : ok(`until ${until}`);
}

function models({ models }: Checked): CheckAnswer {
  const hint = "Name the model, or an alias for it, in model_backend.yaml.";
  const problems = models.problems.join("; ");
  if (models.advertised.length === 0) {
    const none = fail(
      "networks.blindference.models names none",
      "Name those that fxn blindference models list shows as runnable.",
    );
    return problems === "" ? none : fail(problems, hint);
  }
  return problems === "" ? ok(models.advertised.join(", ")) : warn(problems, hint);
}

function keys({ cofhe, settings }: Checked): CheckAnswer {
  if (typeof cofhe !== "string") return ok(`CoFHE, mode ${settings.cofhe.mode}`);
  return fail(cofhe, "Set networks.blindference.rpcUrls, or cofhe.mode and cofhe.endpoint.");
}

async function availability(on: Chain, { account, state }: Checked): Promise<CheckAnswer> {
  const hint = "Where the ICL reads the chain, no job comes without it: fxn blindference attest --register-on-chain";
  if (!(await isAvailable(on, account.address))) return warn("there is no valid record of this node on chain", hint);
  const until = notedUntil(state, account.address);
  const told = `it does; the record ends ${shownEnd(until) ?? "nobody tells when"}`;
  if (until === undefined) {
    return warn(told, "A new one is renewed in time: fxn blindference attest --register-on-chain");
  }
  if (!endsSoon(until, await chainSeconds(on))) return ok(told);
  return warn(told, "A running node renews it: see its log. Or: fxn blindference attest --register-on-chain");
}

/** Yellow: jobs come and are done without it. */
async function paying(payments: Payments, signal: AbortSignal): Promise<CheckAnswer> {
  try {
    return ok(`${(await payments.total(signal)).jobs_count} jobs`);
  } catch (error) {
    const hint =
      "Wait, or correct networks.blindference.paymentUrl. Jobs are done without it; fxn earnings learns of them later.";
    return warn(messageOf(error), hint);
  }
}

/** @param cannot says what an error means here @param without hint of one that has none */
async function answered(ask: () => Promise<CheckAnswer>, cannot: string, without: string): Promise<CheckAnswer> {
  try {
    return await ask();
  } catch (error) {
    return fail(`${cannot}: ${messageOf(error)}`, (error instanceof FxnError ? error.hint : undefined) ?? without);
  }
}
