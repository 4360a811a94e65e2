// What commands share that send transactions: asking before it, how long a block is waited for, and how one is shown.
import type { Receipt } from "../src/chain/chain.ts";
import { ETHER, formatAmount } from "../src/core/amount.ts";
import type { Log } from "../src/core/log.ts";
import { PromptError, type Terminal } from "./prompt.ts";

/** How long a block is waited for. */
export const BLOCK_WAIT_MS = 5 * 60_000;

export interface SentStep {
  readonly what: string;
  readonly transaction: string;
  readonly block: string;
  /** ETH, as text. */
  readonly gas: string;
}

export function sentStep(what: string, { transaction, block, cost }: Receipt): SentStep {
  return { what, transaction, block: String(block), gas: formatAmount(cost, ETHER) };
}

/** Before a password is asked for in vain. @throws PromptError */
export function refuseWithoutTerminal(terminal: Terminal | undefined): void {
  if (terminal) return;
  const hint = "Give --yes to send without asking.";
  throw new PromptError("prompt_no_terminal", "There is no terminal on which to confirm", hint);
}

/** @param question "Pause it?" @throws PromptError unless the answer is yes */
export async function confirmed(terminal: Terminal | undefined, question: string): Promise<void> {
  const answer = await terminal?.ask(`${question} Type yes: `);
  if (answer?.trim().toLowerCase() === "yes") return;
  throw new PromptError("prompt_cancelled", "Cancelled", "Nothing was sent.");
}

/** A log of a command: what is a trouble is told, the rest is not. */
export function troubleLog(printError: (line: string) => void): Log {
  const said: Log["warn"] = (fields, message) =>
    printError(`fxn: ${message}${typeof fields.error === "string" ? `: ${fields.error}` : ""}`);
  return { debug() {}, info() {}, warn: said, error: said };
}
