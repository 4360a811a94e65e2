// One run of the node in Blindference: it is known to the ICL, works on encrypted jobs, and leaves when it is told to.
import { join } from "node:path";
import type { Chain } from "../../chain/chain.ts";
import type { Health, OwnSession } from "../../core/network.ts";
import { openIpfs } from "../../ipfs/open.ts";
import { chainUse } from "../chain-settings.ts";
import { JobPipeline } from "../jobs/pipeline.ts";
import type { ChainPorts } from "../ports.ts";
import { ATTESTATION_BACKENDS } from "./attestation-backends.ts";
import { keepAvailable } from "./availability.ts";
import { runChainHeartbeat } from "./chain-heartbeat.ts";
import { blindferenceChecks } from "./checks.ts";
import { openCofhe } from "./cofhe/open.ts";
import { CHAIN_ID } from "./contracts/addresses.ts";
import { Icl } from "./icl.ts";
import { Claims } from "./jobs/claims.ts";
import { jobKind } from "./jobs/kind.ts";
import { Leading } from "./jobs/leading.ts";
import { Models } from "./jobs/models.ts";
import { PlainTexts } from "./jobs/plain.ts";
import { pollJobs } from "./jobs/poll.ts";
import { Payments } from "./payments.ts";
import { Presence } from "./presence.ts";
import { keepRewards } from "./rewards.ts";
import type { BlindferenceSettings } from "./settings.ts";
import { watchStake } from "./stake-watch.ts";
import { statusLines } from "./status-lines.ts";

/** Of one gateway. */
const IPFS_MS = 15_000;
/** The ICL may list a job again for as long. */
const KEEP_MS = 24 * 60 * 60 * 1000;

export function openSession(settings: BlindferenceSettings, ports: ChainPorts): OwnSession {
  const { account, clock, log, state, fetch, metrics } = ports;
  const chain = chainOf(settings, ports);
  const icl = new Icl(settings.url, ports);
  const models = new Models(settings.models, ports);
  const cofhe = openCofhe(settings, ports, chain);
  const plain = new PlainTexts(clock);
  const payments = new Payments(settings.paymentUrl, account.checksumAddress, { fetch });
  const backend = ATTESTATION_BACKENDS[settings.attestation];
  const claims = new Claims({ node: account.address, chain, state, clock });
  const leading = new Leading({
    node: account.address,
    cofhe: typeof cofhe === "string" ? undefined : cofhe,
    chain,
    promptKeyStore: settings.promptKeyStore,
    canUpload: canUpload(settings),
    ...{ claims, state },
  });
  const jobs = new JobPipeline(
    jobKind({
      ...{ icl, models, leading, claims, chain, plain, state, clock, log, metrics, text: ports.text },
      ipfs: openIpfs(ipfsOptions(settings, ports.home), ports),
      cofhe: typeof cofhe === "string" ? undefined : cofhe,
      promptKeyStore: settings.promptKeyStore,
      maxPrompt: settings.maxPrompt,
    }),
    {
      network: "blindference",
      state,
      clock,
      log,
      metrics,
      random: () => ports.random(),
      admission: () => ports.budget.admission(),
    },
    { maxConcurrent: settings.maxConcurrent, dryRun: settings.dryRun, keepMs: KEEP_MS },
  );
  const presence = new Presence(
    { icl, backend, tier: settings.tier, models: () => models.advertised, state, metrics, clock, log },
    settings.intervals,
  );

  async function run(signal: AbortSignal): Promise<void> {
    const broken = new AbortController();
    const until = AbortSignal.any([signal, broken.signal]);
    const polled = {
      ...{ icl, jobs, plain, metrics, clock, log },
      ready: () => presence.attested && typeof cofhe !== "string",
      heard: (error?: unknown) => presence.heard(error),
    };
    try {
      await Promise.all([
        presence.run(until),
        jobs.run(until),
        pollJobs(polled, settings.intervals.poll, until),
        keepRewards(payments, ports, until),
        ...(chain
          ? [
              runChainHeartbeat({ chain, state, clock, log }, settings.intervals.chainHeartbeat, until),
              keepAvailable({ chain, account, state, clock, log }, settings.intervals.watchdog, until),
              watchStake({ chain, node: account.address, clock, log }, settings.intervals.watchdog, until),
            ]
          : []),
      ]);
    } finally {
      // Also when one of them has failed: whoever opens the next session must not find this one's work going on.
      broken.abort();
    }
  }

  function health(): Health {
    const reasons = [
      presence.problem,
      typeof cofhe === "string" ? cofhe : undefined,
      models.advertised.length === 0 ? "no model of networks.blindference.models can be run" : undefined,
    ].filter((reason) => reason !== undefined);
    return { ready: reasons.length === 0, reasons };
  }

  const shown = { settings, icl, account, presence, models, jobs, state, chain, cofhe, backend };
  return {
    listen: undefined,
    routes: () => [],
    run,
    drain: (signal) => jobs.drain(signal),
    health,
    status: () => statusLines(shown),
    checks: () => blindferenceChecks({ ...shown, leading, payments, clock }),
  };
}

/** Undefined: no RPC is named, and nothing is done on chain. */
export function chainOf(settings: BlindferenceSettings, ports: Pick<ChainPorts, "chain">): Chain | undefined {
  return settings.rpcUrls.length > 0 ? ports.chain(chainUse({ ...settings, chainId: CHAIN_ID })) : undefined;
}

function canUpload({ ipfs }: BlindferenceSettings): boolean {
  return ipfs.uploadToken !== undefined || ipfs.api !== undefined;
}

function ipfsOptions({ ipfs }: BlindferenceSettings, home: string) {
  return {
    api: ipfs.api,
    gateways: [ipfs.gateway, ...ipfs.otherGateways.filter((url) => url !== ipfs.gateway)],
    pinata: ipfs.uploadToken && { url: ipfs.uploadUrl, jwt: ipfs.uploadToken },
    cacheDir: join(home, "ipfs", "blindference"),
    cacheBytes: ipfs.cache,
    timeoutMs: IPFS_MS,
  };
}
