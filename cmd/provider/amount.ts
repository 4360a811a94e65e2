// How much FUNC may be taken, as it is said on the command line.
import { UsageError } from "clipanion";
import { ETHER, parseAmount } from "../../src/core/amount.ts";

/** undefined: whatever the contract takes; a person is shown that before it is sent, and a script has to say it. */
export function mostFunc(text: string | undefined, asksNobody: boolean): bigint | undefined {
  if (text === undefined && asksNobody)
    throw new UsageError("with --yes nobody sees what is taken: say with --amount how much FUNC may be");
  const amount = text === undefined ? undefined : parseAmount(text, ETHER);
  if (text !== undefined && (amount === undefined || amount === 0n))
    throw new UsageError(`--amount: "${text}" is no amount above 0, such as 1000`);
  return amount;
}
