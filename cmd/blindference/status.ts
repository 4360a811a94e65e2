// fxn blindference status: what this home is in Blindference, whether its node runs or not.
import { Command } from "clipanion";
import type { Address } from "../../src/core/address.ts";
import { ETHER, formatAmount } from "../../src/core/amount.ts";
import { systemClock } from "../../src/core/clock.ts";
import { messageOf } from "../../src/core/errors.ts";
import type { NetworkStatus } from "../../src/core/status.ts";
import { askControl } from "../../src/lib/control-socket.ts";
import { checksumAddress } from "../../src/lib/ethereum.ts";
import { ATTESTATION_BACKENDS } from "../../src/networks/blindference/attestation-backends.ts";
import { notedUntil, shownEnd } from "../../src/networks/blindference/availability.ts";
import { type Certificate, certificateIn } from "../../src/networks/blindference/certificate.ts";
import type { ChainReads } from "../../src/networks/blindference/contracts/read.ts";
import {
  chainSeconds,
  committedUntil,
  isAvailable,
  stakeOf,
  standingOf,
} from "../../src/networks/blindference/contracts/reads.ts";
import { readHomeState } from "../../src/node/home-state.ts";
import { balancesOf } from "../../src/node/wallets.ts";
import { EXIT } from "../base.ts";
import { nodeStatus } from "../node-status.ts";
import { BlindferenceCommand, type BlindferenceHome } from "./blindference-command.ts";
import { shownStake } from "./staking/stake-words.ts";
import { type Read, type ShownChain, type ShownStatus, statusLines } from "./status-words.ts";

export class BlindferenceStatusCommand extends BlindferenceCommand {
  static override paths = [["blindference", "status"]];
  static override usage = Command.Usage({
    category: "Blindference",
    description: "show what this node is in Blindference",
    details: `
      Its account, certificate and settings, and with an RPC what the chain has of it: balances, stake, registration, and the
      record that lets it into quorums. No password is needed, and the node need not run; of one that runs, fxn networks
      status --check knows more. The exit code is 1 when the chain did not tell something.
    `,
    examples: [["For a script", "$0 blindference status --json"]],
  });

  protected async run(): Promise<number> {
    const opened = await this.opened();
    const address = await this.address(opened);
    const running = await ofRunning(opened.home);
    const certificate = readHomeState(opened.home, "blindference", systemClock, certificateIn);
    const { settings } = opened;
    const noted = readHomeState(opened.home, "blindference", systemClock, (state) => notedUntil(state, address));
    const chain = settings.rpcUrls.length > 0 ? await this.#chain(opened, address, noted) : undefined;
    const shown: ShownStatus = {
      schema: 1,
      enabled: opened.loaded.config.networks.blindference?.enabled === true,
      running: running !== undefined,
      ready: running?.ready ?? false,
      reasons: running?.reasons ?? [],
      address: checksumAddress(address),
      tier: settings.tier,
      models: settings.models,
      attestation: ATTESTATION_BACKENDS[settings.attestation].claim,
      certificate: certificate ? shownCertificate(certificate) : null,
      icl: hostOf(settings.url),
      payments: hostOf(settings.paymentUrl),
      rpcs: settings.rpcUrls.map(hostOf),
      ipfs: hostOf(settings.ipfs.gateway),
      uploads: settings.ipfs.uploadToken !== undefined || settings.ipfs.api !== undefined,
      cofhe: settings.cofhe.mode,
      chain: chain ?? null,
    };
    if (this.json) this.printJson(shown);
    else for (const line of statusLines(shown)) this.print(line);
    const problems = Object.values(chain ?? {}).flatMap(({ problem }) => problem ?? []);
    return problems.length > 0 ? EXIT.failed : EXIT.ok;
  }

  #chain(opened: BlindferenceHome, address: Address, noted: number | undefined): Promise<ShownChain> {
    return this.reading(opened, async (chain) => ({
      balances: await read(async () =>
        Object.fromEntries(
          (await balancesOf(opened.wallet, address, opened.ports)).map(({ asset, amount }) => [
            asset,
            formatAmount(amount, ETHER),
          ]),
        ),
      ),
      stake: await read(async () => shownStake(await stakeOf(chain, address), await chainSeconds(chain))),
      registered: await read(async () => standing(chain, address)),
      record: await read(() => isAvailable(chain, address)),
      recordEnds: await read(async () => shownEnd((await committedUntil(chain, address)) ?? noted)),
    }));
  }
}

function shownCertificate({ tier, expires }: Certificate): ShownStatus["certificate"] {
  return { tier, expires: new Date(expires).toISOString(), valid: expires > systemClock.now() };
}

/** The rest of a URL may hold a key. */
function hostOf(url: string): string {
  return new URL(url).host;
}

async function standing(chain: ChainReads, address: Address) {
  const { registered, active, lastHeartbeat } = await standingOf(chain, address);
  const beat = lastHeartbeat === 0n ? null : new Date(Number(lastHeartbeat) * 1000).toISOString();
  return { registered, active, lastHeartbeat: beat };
}

async function read<T>(ask: () => Promise<T>): Promise<Read<T>> {
  try {
    return { value: await ask(), problem: null };
  } catch (error) {
    return { value: null, problem: messageOf(error) };
  }
}

/** Undefined: no node runs on this home, or it runs without Blindference. */
async function ofRunning(home: string): Promise<NetworkStatus | undefined> {
  const answer = await askControl(home, "GET", "/status");
  return answer && nodeStatus.parse(answer.json).networks.find(({ id }) => id === "blindference");
}
