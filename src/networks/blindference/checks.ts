// What can be asked about this network: the ICL, the certificate, the models, the keys, and what stands on chain.

import type { Chain } from "../../chain/chain.ts";
import type { Check, CheckAnswer } from "../../core/check.ts";
import type { Clock } from "../../core/clock.ts";
import { FxnError, messageOf } from "../../core/errors.ts";
import { endsSoon, notedUntil, shownEnd } from "./availability.ts";
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

export function blindferenceChecks(checked: Checked): readonly Check[] {
  const { icl, account, payments, chain } = checked;
  const onChain = (
    id: string,
    title: string,
    ask: (chain: Chain) => Promise<CheckAnswer>,
    without = NO_RPC,
  ): Check => ({
    id: `blindference.${id}`,
    title,
    run: () => answered(async () => (chain ? ask(chain) : without)),
  });
  return [
    {
      id: "blindference.icl",
      title: "The ICL lists this node",
      run: (signal) =>
        answered(async () =>
          (await isListed(icl, signal))
            ? { state: "ok", message: "it does" }
            : {
                state: "fail",
                message: "it does not",
                hint: "A running node attests itself; or: fxn blindference attest",
              },
        ),
    },
    { id: "blindference.certificate", title: "There is a certificate", run: async () => certificate(checked) },
    { id: "blindference.models", title: "The models that are named can be run", run: async () => models(checked) },
    { id: "blindference.keys", title: "Keys of prompts can be had", run: async () => keys(checked) },
    {
      id: "blindference.leading",
      title: "This node can lead a job",
      run: () =>
        answered(async () => {
          const refusal = await checked.leading.refusal();
          if (!refusal) return { state: "ok", message: "it can" };
          return { state: "warn", message: `it verifies only: ${refusal.why}`, hint: refusal.hint };
        }),
    },
    onChain("store", "The PromptKeyStore is the coordinator's", async (on) =>
      checked.settings.cofhe.mode === "python"
        ? { state: "ok", message: "in mode python there is no use for one" }
        : checkStore(on, checked.settings.promptKeyStore),
    ),
    onChain(
      "stake",
      "The stake is not at risk",
      async (on) => {
        const { staked, consecutiveFailures } = await stakeOf(on, account.address);
        if (staked === 0n)
          return { state: "warn", message: "there is none", hint: "fxn blindference staking stake 1000" };
        if (consecutiveFailures === 0n) return { state: "ok", message: "no failure is counted" };
        return {
          state: "warn",
          message: `${consecutiveFailures} failures in a row; the third takes all of it`,
          hint: "It leads nothing that could be the third. A job that is delivered, or a vote, ends the row.",
        };
      },
      STAKE_UNSEEN,
    ),
    onChain("registered", "The node is registered on chain", async (on) => {
      const { registered, active } = await standingOf(on, account.address);
      if (!registered)
        return { state: "warn", message: "it is not", hint: "fxn blindference attest --register-on-chain" };
      return {
        state: "ok",
        message: active ? "it is, and counts as active" : "it is; the ICL does not need it active",
      };
    }),
    onChain("availability", "The chain's record lets it into quorums", (on) => availability(on, checked)),
    {
      id: "blindference.payments",
      title: "The payment service answers",
      run: (signal) =>
        answered(async () => {
          const { jobs_count: count } = await payments.total(signal);
          return { state: "ok", message: `${count} jobs` };
        }),
    },
  ];
}

const NO_RPC: CheckAnswer = { state: "warn", message: "no RPC is named", hint: "Set networks.blindference.rpcUrls." };

const STAKE_UNSEEN: CheckAnswer = {
  state: "warn",
  message: "without an RPC neither the stake nor the chain's count of failures can be seen",
  hint: "It goes by its own count, as if there were a stake. Set networks.blindference.rpcUrls.",
};

function certificate({ presence, clock }: Checked): CheckAnswer {
  const left = (presence.certificate?.expires ?? 0) - clock.now();
  if (left <= 0) return { state: "fail", message: "there is none that is valid", hint: "fxn blindference attest" };
  const until = new Date(presence.certificate?.expires ?? 0).toISOString();
  return left < LITTLE_LEFT_MS
    ? { state: "warn", message: `it ends at ${until}`, hint: "A running node renews it; or: fxn blindference attest" }
    : { state: "ok", message: `until ${until}` };
}

function models({ models }: Checked): CheckAnswer {
  const hint = "Name the model, or an alias for it, in model_backend.yaml.";
  if (models.advertised.length === 0) {
    return { state: "fail", message: models.problems.join("; ") || "none is named", hint };
  }
  if (models.problems.length > 0) return { state: "warn", message: models.problems.join("; "), hint };
  return { state: "ok", message: models.advertised.join(", ") };
}

function keys({ cofhe, settings }: Checked): CheckAnswer {
  if (typeof cofhe !== "string") return { state: "ok", message: `CoFHE, mode ${settings.cofhe.mode}` };
  return {
    state: "fail",
    message: cofhe,
    hint: "Set networks.blindference.rpcUrls, or cofhe.mode and cofhe.endpoint.",
  };
}

async function availability(on: Chain, { account, state }: Checked): Promise<CheckAnswer> {
  const hint = "Where the ICL reads the chain, no job comes without it: fxn blindference attest --register-on-chain";
  if (!(await isAvailable(on, account.address))) return { state: "warn", message: "there is no valid record", hint };
  const until = notedUntil(state, account.address);
  const told = { message: `it does; it ends ${shownEnd(until) ?? "nobody tells when"}` };
  if (until === undefined)
    return {
      state: "warn",
      ...told,
      hint: "A new one is renewed in time: fxn blindference attest --register-on-chain",
    };
  if (!endsSoon(until, await chainSeconds(on))) return { state: "ok", ...told };
  return {
    state: "warn",
    ...told,
    hint: "A running node renews it: see its log. Or: fxn blindference attest --register-on-chain",
  };
}

async function answered(ask: () => Promise<CheckAnswer>): Promise<CheckAnswer> {
  try {
    return await ask();
  } catch (error) {
    const hint = error instanceof FxnError ? error.hint : undefined;
    return { state: "fail", message: messageOf(error), ...(hint !== undefined && { hint }) };
  }
}
