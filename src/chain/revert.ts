// Why a contract refuses, in its own words, from what it returned.
import { type Abi, decodeErrorResult } from "viem";
import type { Hex } from "../core/address.ts";
import { clean } from "../lib/clean.ts";
import { RpcError, within } from "./rpc-errors.ts";

/** Of Solidity's checks. */
const PANICS: Readonly<Record<string, string>> = {
  "1": "assertion failed",
  "17": "arithmetic overflow",
  "18": "division by zero",
  "33": "no such enum value",
  "49": "pop of an empty array",
  "50": "index out of bounds",
  "65": "out of memory",
};

const LONGEST = 300;

export interface Revert {
  /** "Max claims reached", "EnforcedPause()", "Panic(0x11): arithmetic overflow"; undefined: it said nothing. */
  readonly reason: string | undefined;
}

/** What `work` gives, or how a contract refused it; everything else that goes wrong is thrown. */
export async function orRevert<T>(work: Promise<T>, abi: Abi | undefined): Promise<T | { readonly revert: Revert }> {
  try {
    return await work;
  } catch (error) {
    const known = within(error, RpcError);
    if (known?.code !== "rpc_reverted") throw error;
    return { revert: { reason: known.data === undefined ? textOf(known) : reasonOf(known.data, abi) } };
  }
}

/** @param data what the contract returned */
export function reasonOf(data: Hex, abi: Abi | undefined): string | undefined {
  if (data === "0x") return undefined;
  try {
    const { errorName, args } = decodeErrorResult({ abi: abi ?? [], data });
    const values: readonly unknown[] = args ?? [];
    if (errorName === "Error") return clean(String(values[0]), LONGEST);
    if (errorName === "Panic") return panic(BigInt(String(values[0])));
    return clean(`${errorName}(${values.map(valueText).join(", ")})`, LONGEST);
  } catch {
    return `unknown error ${data.slice(0, 10)}`;
  }
}

function panic(code: bigint): string {
  const meaning = PANICS[String(code)];
  return `Panic(0x${code.toString(16)})${meaning === undefined ? "" : `: ${meaning}`}`;
}

function valueText(value: unknown): string {
  return typeof value === "object"
    ? JSON.stringify(value, (_, v) => (typeof v === "bigint" ? String(v) : v))
    : String(value);
}

/** Of an RPC that gives no data. */
function textOf({ message }: RpcError): string | undefined {
  return /execution reverted:? *(.*)$/i.exec(message)?.[1] || undefined;
}
