// What the versions' readers share: addresses in our form, and a payment of an event.
import { type Address, type Hex, parseAddress } from "../../../core/address.ts";
import { OarnError } from "../errors.ts";
import type { Payment } from "./registry.ts";

export function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (!address) throw new OarnError("oarn_registry", 503, "the registry gave what is no address");
  return address;
}

interface PaidEvent {
  readonly transactionHash: Hex;
  readonly blockNumber: bigint;
  readonly args: { readonly amount?: bigint | undefined };
}

export function latestPayment(events: readonly PaidEvent[]): Payment | undefined {
  const last = events.at(-1);
  return last?.args.amount === undefined
    ? undefined
    : { transaction: last.transactionHash, block: last.blockNumber, amount: last.args.amount };
}
