// What a contract's refusal means for a job: its words, and whether to go on, give up, or wait.
import { decodeErrorResult, isHex } from "viem/utils";
import { TransactionError } from "../../../chain/errors.ts";
import { clean } from "../../../lib/clean.ts";
import { errorsAbi } from "./abi.ts";

/** ours: done before. lost: another was first, or it is too late. wait: it will pass. never: no try will do. */
export type Refusal = "ours" | "lost" | "wait" | "never" | "other";

const PAUSED = "EnforcedPause()";
const MEANING: Readonly<Record<string, Refusal>> = {
  "Already claimed": "ours",
  "Already submitted": "ours",
  "Task not available": "lost",
  "Max claims reached": "lost",
  "Task not active": "lost",
  "Task expired": "lost",
  [PAUSED]: "wait",
  "Task not found": "never",
  "Invalid result hash": "never",
  "Not claimed": "never",
};

/** The contract's own words; a custom error of which only the bytes came is decoded. */
export function wordsOf(reason: string): string {
  const data = /^(?:unknown error )?(0x(?:[0-9a-f]{2})+)$/i.exec(reason)?.[1];
  if (!isHex(data)) return clean(reason);
  try {
    const { errorName, args } = decodeErrorResult({ abi: errorsAbi, data });
    return clean(`${errorName}(${(args ?? []).join(", ")})`);
  } catch {
    return clean(reason, 40);
  }
}

export interface Refused {
  readonly meaning: Refusal;
  readonly words: string;
  /** The registry takes nothing from anybody, for as long as its owner likes. */
  readonly isPause: boolean;
}

export function refusalOf(error: unknown): Refused | undefined {
  if (!(error instanceof TransactionError)) return undefined;
  if (error.code === "gas_budget_spent" || error.code === "funds_missing" || error.code === "transaction_pending")
    return { meaning: "wait", words: clean(error.message), isPause: false };
  const words = wordsOf(error.reason ?? error.message);
  const meaning = Object.hasOwn(MEANING, words) ? (MEANING[words] ?? "other") : "other";
  return { meaning, words, isPause: words === PAUSED };
}
