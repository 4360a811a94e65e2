// A stake as commands show it, to people and to machines.
import { ETHER, formatAmount } from "../../../src/core/amount.ts";
import type { StakeInfo } from "../../../src/networks/blindference/contracts/reads.ts";

export interface ShownStake {
  /** BLIND, as text: JSON's numbers are too small. */
  readonly staked: string;
  readonly unbonding: string;
  /** ISO 8601; null: nothing is being unstaked. */
  readonly availableAt: string | null;
  readonly secondsLeft: number;
  readonly consecutiveFailures: number;
  readonly active: boolean;
}

/** @param seconds of the chain's clock */
export function shownStake(info: StakeInfo, seconds: number): ShownStake {
  const at = Number(info.unbondingAvailableAt);
  const waits = info.unbonding > 0n;
  return {
    staked: formatAmount(info.staked, ETHER),
    unbonding: formatAmount(info.unbonding, ETHER),
    availableAt: waits ? new Date(at * 1000).toISOString() : null,
    secondsLeft: waits ? Math.max(0, at - seconds) : 0,
    consecutiveFailures: Number(info.consecutiveFailures),
    active: info.active,
  };
}

export function stakeLines({ staked, unbonding, availableAt, secondsLeft, consecutiveFailures, active }: ShownStake) {
  const when = secondsLeft > 0 ? `in ${(secondsLeft / 3600).toFixed(1)} h` : "now";
  return [
    `Staked      ${staked} BLIND${active ? "" : " (not active)"}`,
    `Unstaking   ${availableAt === null ? "nothing" : `${unbonding} BLIND, to be withdrawn from ${availableAt} (${when})`}`,
    `Failures    ${consecutiveFailures} in a row; the third takes the whole stake`,
  ];
}
