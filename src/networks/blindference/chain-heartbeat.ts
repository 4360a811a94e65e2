// The heartbeat on chain: by clocks on the wall and over restarts, so that a restart sends none and a long sleep sends one.
import type { Chain } from "../../chain/chain.ts";
import { type Clock, sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { NetworkState } from "../../core/network-state.ts";
import { heartbeatCall } from "./contracts/calls.ts";
import { standingOf } from "./contracts/reads.ts";
import { carryOut } from "./deeds.ts";
import { intentOf } from "./staking.ts";

const KIND = "chain-heartbeat";
const KEY = "latest";
const LOOK_MS = 10 * 60 * 1000;

export interface ChainHeartbeatPorts {
  readonly chain: Chain;
  readonly state: NetworkState;
  readonly clock: Clock;
  readonly log: Log;
}

/** When the last one was mined, wall clock, milliseconds. */
export function lastChainHeartbeat(state: NetworkState): number | undefined {
  return state.get(KIND, KEY)?.at;
}

/** @param everyMs the contract's own grace makes it shorter, where it has one */
export async function runChainHeartbeat(
  ports: ChainHeartbeatPorts,
  everyMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = ports;
  while (!signal.aborted) {
    try {
      await beatIfDue(ports, everyMs, signal);
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ network: "blindference", error: messageOf(error) }, "no heartbeat on chain");
    }
    await sleep(clock, Math.min(LOOK_MS, everyMs), signal);
  }
}

/** @returns whether one was sent */
export async function beatIfDue(
  { chain, state, clock }: ChainHeartbeatPorts,
  everyMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { registered, lastHeartbeat, graceSeconds, now } = await standingOf(chain, chain.account);
  if (!registered) return false;
  const dueMs = graceSeconds > 0n ? Math.min(everyMs, (Number(graceSeconds) * 1000) / 2) : everyMs;
  // By the chain's clock, where the chain's own word is meant: ours may be an hour behind, and a beat for every look.
  if (Number(now - lastHeartbeat) * 1000 < dueMs) return false;
  const ours = clock.now() - (lastChainHeartbeat(state) ?? 0);
  // A clock that was set back says nothing of when that was.
  if (ours >= 0 && ours < dueMs) return false;
  const intent = intentOf(`heartbeat/${chain.account}/${lastHeartbeat}`, heartbeatCall());
  await carryOut({ chain, state }, intent, signal);
  state.set(KIND, KEY, "");
  return true;
}
