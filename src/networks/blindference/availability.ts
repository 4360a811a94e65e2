// The record on chain that lets this node into quorums: once an operator has had it written, a running node keeps it from ending.
import type { Chain } from "../../chain/chain.ts";
import type { Address } from "../../core/address.ts";
import { type Clock, sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { EthereumAccount } from "../../core/ethereum.ts";
import type { Log } from "../../core/log.ts";
import type { NetworkState } from "../../core/network-state.ts";
import { certificateIn } from "./certificate.ts";
import { writtenUntil } from "./contracts/availability.ts";
import type { ChainReads } from "./contracts/read.ts";
import { chainSeconds, committedUntil, isAvailable } from "./contracts/reads.ts";
import { carryOut } from "./deeds.ts";
import { availabilityStep } from "./on-chain.ts";

const KIND = "availability";
/** Of its 30 days: a week in which gas may be dear, the account empty, or the node off. */
const LEAD_SECONDS = 7 * 24 * 60 * 60;
/** In the contract's words. */
const NEVER = 0;

export interface AvailabilityPorts {
  readonly chain: Chain;
  readonly account: EthereumAccount;
  readonly state: NetworkState;
  readonly clock: Clock;
  readonly log: Log;
}

/** When the record ends that was written last, unix seconds; 0: never. Undefined: this home knows of none. */
export function notedUntil(state: NetworkState, node: Address): number | undefined {
  const item = state.get(KIND, node);
  return item && Number(item.value);
}

export function noteUntil(state: NetworkState, node: Address, until: number): void {
  state.set(KIND, node, String(until));
}

/** For people and machines: "2026-01-01T00:00:00.000Z", "never", or that nobody tells. */
export function shownEnd(until: number | undefined): string | null {
  if (until === undefined) return null;
  return until === NEVER ? "never" : new Date(until * 1000).toISOString();
}

/** @param now unix seconds, of the chain's clock */
export function endsSoon(until: number, now: number): boolean {
  return until !== NEVER && until - now <= LEAD_SECONDS;
}

export async function keepAvailable(ports: AvailabilityPorts, everyMs: number, signal: AbortSignal): Promise<void> {
  const { chain, account, state, clock, log } = ports;
  await learn(chain, account.address, state).catch(() => {});
  while (!signal.aborted) {
    try {
      const until = await renewIfDue(ports, signal);
      if (until !== undefined)
        log.info({ network: "blindference", until: shownEnd(until) }, "the record on chain was renewed");
    } catch (error) {
      if (!signal.aborted) {
        log.warn({ network: "blindference", error: messageOf(error) }, "the record on chain is not renewed");
      }
    }
    await sleep(clock, everyMs, signal);
  }
}

/** What another program, or another home, has written meanwhile; many RPCs do not tell. */
async function learn(chain: ChainReads, node: Address, state: NetworkState): Promise<void> {
  const told = await committedUntil(chain, node);
  if (told !== undefined) noteUntil(state, node, told);
}

/**
 * Only a record whose end is known: that nobody asked for one, or that somebody revoked it, is the operator's word.
 * @returns when the new one ends; undefined: none was due
 */
export async function renewIfDue(
  { chain, account, state }: AvailabilityPorts,
  signal: AbortSignal,
): Promise<number | undefined> {
  const node = account.address;
  const certificate = certificateIn(state);
  const until = notedUntil(state, node);
  if (until === undefined || !certificate) return undefined;
  const now = await chainSeconds(chain);
  if (!endsSoon(until, now)) return undefined;
  const stands = await isAvailable(chain, node);
  // Before its end it only goes away by being revoked; after it, only another one can be valid.
  if (stands !== until > now) return undefined;
  const step = availabilityStep(account, certificate, now, `after-${until}`);
  // It may have been signed by a run before this one, days ago.
  const written = writtenUntil(await carryOut({ chain, state }, step.intent, signal)) ?? step.until;
  noteUntil(state, node, written);
  return written;
}
