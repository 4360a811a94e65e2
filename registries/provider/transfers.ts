// How much FUNC an account has given and got, by the token's own events.
import { decodeEventLog } from "viem";
import { type Address, type Hex, parseAddress } from "../../src/core/address.ts";
import { funcTokenAbi } from "../abi/func-token.ts";

export interface EventLog {
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

export interface Moved {
  /** In the smallest unit. */
  readonly out: bigint;
  readonly in: bigint;
}

export const NOTHING_MOVED: Moved = { out: 0n, in: 0n };

/** Events of other contracts count for nothing, whatever they say. */
export function movedBy(logs: readonly EventLog[], func: Address | undefined, account: Address): Moved {
  return logs.reduce<Moved>((sum, log) => {
    const transfer = log.address === func ? transferIn(log) : undefined;
    if (!transfer) return sum;
    const { from, to, value } = transfer;
    return {
      out: sum.out + (parseAddress(from) === account ? value : 0n),
      in: sum.in + (parseAddress(to) === account ? value : 0n),
    };
  }, NOTHING_MOVED);
}

function transferIn({ topics: [signature, ...topics], data }: EventLog) {
  if (signature === undefined) return undefined;
  try {
    return decodeEventLog({ abi: funcTokenAbi, data, topics: [signature, ...topics], eventName: "Transfer" }).args;
  } catch {
    return undefined;
  }
}
