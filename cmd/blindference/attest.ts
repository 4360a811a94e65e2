// fxn blindference attest: shows this node to the coordinator, and with --register-on-chain to the chain.
import { Command, Option } from "clipanion";
import type { Chain } from "../../src/chain/chain.ts";
import { ETHER, formatAmount } from "../../src/core/amount.ts";
import { systemClock } from "../../src/core/clock.ts";
import { FxnError, messageOf } from "../../src/core/errors.ts";
import type { EthereumAccount } from "../../src/core/ethereum.ts";
import { createFetch } from "../../src/lib/fetch.ts";
import { ATTESTATION_BACKENDS } from "../../src/networks/blindference/attestation-backends.ts";
import { noteUntil, shownEnd } from "../../src/networks/blindference/availability.ts";
import { attest, type Certificate, keepCertificate } from "../../src/networks/blindference/certificate.ts";
import { isAvailable } from "../../src/networks/blindference/contracts/reads.ts";
import { Icl } from "../../src/networks/blindference/icl.ts";
import { Models } from "../../src/networks/blindference/jobs/models.ts";
import { availabilityStep, registerStep } from "../../src/networks/blindference/on-chain.ts";
import { writeHomeState } from "../../src/node/home-state.ts";
import { openWalletReads } from "../../src/node/wallets.ts";
import { EXIT } from "../base.ts";
import { PromptError } from "../prompt.ts";
import type { SentStep } from "../sending.ts";
import type { BlindferenceHome } from "./blindference-command.ts";
import { BlindferenceChainCommand } from "./chain-command.ts";

export class BlindferenceAttestCommand extends BlindferenceChainCommand {
  static override paths = [["blindference", "attest"]];
  static override usage = Command.Usage({
    category: "Blindference",
    description: "attest this node at the coordinator (ICL)",
    details: `
      A running node attests by itself, at every start and whenever the coordinator may have forgotten it; this is for trying,
      and it resets the coordinator's counters of this node. Only models that a model server of this home answers for are told.
      The quote is a mock, which proves nothing about this machine: the network has no other yet.

      --register-on-chain also registers the node in NodeRegistry, unless it is there, and writes the record in
      NodeAttestationRegistry that lets it into quorums where the coordinator reads the chain; the record lasts 30 days, and a
      running node renews it in the last week of them. On a terminal it asks first, unless --yes is given; where there is none it does not ask, but for ETH that a registration costs
      beyond its gas.
    `,
    examples: [
      ["At the coordinator of config.yaml", "$0 blindference attest"],
      ["And on chain", "$0 blindference attest --register-on-chain --yes"],
    ],
  });

  mock = Option.Boolean("--mock", false, { description: "A mock, whatever networks.blindference.attestation says" });
  teeKey = Option.String("--tee-key", { description: "Taken and not used: no quote depends on a key" });
  registerOnChain = Option.Boolean("--register-on-chain", false, {
    description: "Also write what the chain has of it",
  });

  protected async run(): Promise<number> {
    const opened = await this.opened();
    // Before anything is done, if there is no RPC.
    if (this.registerOnChain) openWalletReads(opened.wallet, opened.ports).close();
    if (this.teeKey !== undefined)
      this.printError("fxn: --tee-key is not used: a mock proves nothing, whatever its key");
    const models = await this.#models(opened);
    const account = await this.account(opened);
    const backend = ATTESTATION_BACKENDS[this.mock ? "mock" : opened.settings.attestation];
    const { clock } = opened.ports;
    const icl = new Icl(opened.settings.url, { fetch: createFetch(systemClock), account, clock });
    const certificate = await attest(icl, backend, { models, tier: opened.settings.tier });
    writeHomeState(opened.home, "blindference", clock, (state) => keepCertificate(state, certificate));
    const until = new Date(certificate.expires).toISOString();
    this.say(`Node         ${account.checksumAddress}`);
    this.say(`ICL          ${icl.host}`);
    this.say(`Attestation  ${backend.claim}`);
    this.say(`Certificate  tier ${certificate.tier}, until ${until}`);
    this.say(`Models       ${models.join(", ")}`);
    const recorded = this.registerOnChain ? await this.#record(opened, account, certificate, models) : undefined;
    if (this.json) {
      const { hash, tier } = certificate;
      const shown = { address: account.checksumAddress, backend: backend.type, models };
      this.printJson({ schema: 1, ...shown, certificate: { hash, tier, expires: until }, onChain: recorded ?? null });
    }
    return recorded?.valid === false ? EXIT.failed : EXIT.ok;
  }

  async #models(opened: BlindferenceHome): Promise<readonly string[]> {
    const named = opened.settings.models;
    const models = await this.asking(opened, async (servers) => {
      for (const problem of await servers.ask()) this.printError(`fxn: ${problem}`);
      return new Models(named, servers);
    });
    for (const problem of models.problems) this.printError(`fxn: a model is left out: ${problem}`);
    if (models.advertised.length > 0) return models.advertised;
    // Whoever names none counts as one that runs every model.
    throw new FxnError(
      "model_not_runnable",
      500,
      "no model can be run, so that the coordinator is not told of this node",
      {
        hint: "See: fxn blindference models list",
      },
    );
  }

  #record(opened: BlindferenceHome, account: EthereumAccount, certificate: Certificate, models: readonly string[]) {
    return this.onChain(opened, account, async (chain) => {
      const registration = await this.#register(chain, certificate, models);
      this.say("Record       NodeAttestationRegistry, for 30 days");
      const record = availabilityStep(account, certificate, Math.floor(opened.ports.clock.now() / 1000));
      const sent = await this.carryOut(chain, [record], this.#asks("Write it?"));
      writeHomeState(opened.home, "blindference", opened.ports.clock, (state) =>
        noteUntil(state, account.address, record.until),
      );
      const valid = await isAvailable(chain, account.address);
      this.say(`Quorums      ${valid ? "the chain lets this node in" : "THE RECORD IS NOT VALID YET"}`);
      return { registration, transactions: sent, valid, until: shownEnd(record.until) };
    });
  }

  /** The ICL asks nothing of it: what is wrong with it must not keep the record away. */
  async #register(
    chain: Chain,
    certificate: Certificate,
    models: readonly string[],
  ): Promise<{ state: string; transactions: readonly SentStep[] }> {
    const none = { transactions: [] };
    try {
      const step = await registerStep(chain, certificate, models);
      if (!step) {
        this.say("Registered   it is already, and nobody can register twice");
        return { state: "registered before", ...none };
      }
      const { value = 0n } = step.intent;
      this.say(`Register     NodeRegistry${value > 0n ? `, which takes ${formatAmount(value, ETHER)} ETH` : ""}`);
      if (value > 0n) this.assertCanAsk();
      return { state: "registered", transactions: await this.carryOut(chain, [step], this.#asks("Register it?")) };
    } catch (error) {
      if (error instanceof PromptError && error.code === "prompt_cancelled") throw error;
      this.printError(`fxn: not registered in NodeRegistry: ${messageOf(error)}`);
      return { state: messageOf(error), ...none };
    }
  }

  /** Where there is no terminal, the option itself is the answer. */
  #asks(question: string): string | undefined {
    return this.terminal() ? question : undefined;
  }
}
