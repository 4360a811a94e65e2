// What happens to the stake, into the log: a failure that was counted, a stake that was taken, and what the operator did.
import { formatEther } from "viem";
import type { Address } from "../../core/address.ts";
import { type Clock, sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { ChainReads } from "./contracts/read.ts";
import { type StakeInfo, stakeOf } from "./contracts/reads.ts";

export interface StakeWatchPorts {
  readonly chain: ChainReads;
  readonly node: Address;
  readonly clock: Clock;
  readonly log: Log;
}

export async function watchStake({ chain, node, clock, log }: StakeWatchPorts, everyMs: number, signal: AbortSignal) {
  let known: StakeInfo | undefined;
  while (!signal.aborted) {
    try {
      const now = await stakeOf(chain, node);
      if (known) tell(log, known, now);
      known = now;
    } catch (error) {
      if (!signal.aborted) log.debug({ network: "blindference", error: messageOf(error) }, "the stake is not known");
    }
    await sleep(clock, everyMs, signal);
  }
}

function tell(log: Log, before: StakeInfo, now: StakeInfo): void {
  const about = {
    network: "blindference",
    staked: formatEther(now.staked),
    unstaking: formatEther(now.unbonding),
    failures: Number(now.consecutiveFailures),
  };
  const lost = before.staked + before.unbonding > now.staked + now.unbonding;
  // What is being unstaked can only be withdrawn; what is staked goes nowhere else by the operator's will.
  const taken = lost && now.staked < before.staked && now.unbonding <= before.unbonding;
  if (taken) log.error(about, "stake was taken from this node");
  else if (now.consecutiveFailures > before.consecutiveFailures) {
    log.warn(about, "a failure was counted against this node; the third in a row takes the stake");
  } else if (now.staked !== before.staked || now.unbonding !== before.unbonding) log.info(about, "the stake changed");
}
