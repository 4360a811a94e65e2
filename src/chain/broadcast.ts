// Signed bytes to every RPC, and what each of them answers: which is not always what it means elsewhere.
import type { Hex } from "../core/address.ts";
import { messageOf } from "../core/errors.ts";
import type { Rpc } from "./rpc.ts";
import { RpcError, within } from "./rpc-errors.ts";

/**
 * taken: it has it now, or had it. used: its nonce is used, by this one or another. cheap: it wants higher fees.
 * refused: for another reason.
 */
export type Answer = { readonly kind: "taken" | "used" | "cheap" } | { readonly kind: "refused"; readonly why: string };

const KINDS = [
  ["taken", /already known|known transaction|already imported|already exists|already in/i],
  ["used", /nonce (is )?too low|already (been )?used|old nonce/i],
  ["cheap", /underpriced|fee too low|gas price too low|less than (the )?block base fee|below the base fee/i],
] as const;

/** @throws RpcError when no RPC answers */
export function broadcast(rpc: Rpc, raw: Hex): Promise<readonly Answer[]> {
  return rpc.everywhere(async ({ client }) => {
    try {
      await client.request({ method: "eth_sendRawTransaction", params: [raw] });
      return { kind: "taken" };
    } catch (error) {
      const answer = within(error, RpcError);
      if (answer?.code !== "rpc_refused") throw error;
      return answerOf(messageOf(answer));
    }
  });
}

export function answerOf(text: string): Answer {
  const found = KINDS.find(([, words]) => words.test(text));
  return found ? { kind: found[0] } : { kind: "refused", why: text };
}
