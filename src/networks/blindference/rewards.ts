// Rewards, as the payment service tells of them, into the ledger: of jobs that this node did, and of no others.
import { type Clock, sleep } from "../../core/clock.ts";
import type { Earnings } from "../../core/earnings.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { NetworkState } from "../../core/network-state.ts";
import { clean } from "../../lib/clean.ts";
import { forgetWorked, workedOn } from "./jobs/worked.ts";
import { MOST_JOBS, type Payments } from "./payments.ts";

const LOOK_MS = 10 * 60 * 1000;
const OF_OTHERS = "the payment service tells of rewards for jobs that this home has not done: they are not counted";

export interface RewardPorts {
  readonly earnings: Earnings;
  readonly state: NetworkState;
  readonly clock: Clock;
  readonly log: Log;
}

export async function keepRewards(payments: Payments, ports: RewardPorts, signal: AbortSignal): Promise<void> {
  const { clock, log } = ports;
  let said = 0;
  while (!signal.aborted) {
    await sleep(clock, LOOK_MS, signal);
    if (signal.aborted) return;
    try {
      const others = await noteRewards(payments, ports, signal);
      if (others > said) log.info({ network: "blindference", jobs: others }, OF_OTHERS);
      said = others;
    } catch (error) {
      log.debug({ network: "blindference", error: clean(messageOf(error)) }, "rewards are not known");
    }
  }
}

/**
 * What was earned, into the ledger; it is told as often as one likes, and counts once. Of jobs that this node did not do the
 * service is not believed. @returns how many those are
 */
async function noteRewards(payments: Payments, ports: RewardPorts, signal?: AbortSignal): Promise<number> {
  const { earnings, state, clock } = ports;
  let others = 0;
  forgetWorked(state, clock.now());
  for (const { job_id, status, amount_blind_earned: amount } of await payments.jobs(MOST_JOBS, signal)) {
    if (status !== "COMPLETED" || !amount) continue;
    const done = workedOn(state, job_id);
    if (!done) {
      others += 1;
      continue;
    }
    const [job, model] = [clean(done.id), clean(done.model)];
    const paid = { at: clock.now(), network: "blindference", job, model };
    // The service names no transaction; the job stands for it.
    await earnings.add({ ...paid, kind: "reward", asset: "BLIND", amount, transaction: `payment-service:${job}` });
  }
  return others;
}
