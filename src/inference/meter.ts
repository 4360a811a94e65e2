// What an answer costs in tokens, as far as is known at any moment: the answer may end at any moment.
import type { TokenSource } from "../core/ledger.ts";

export interface Tokens {
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly source: TokenSource;
}

export interface Meter {
  tokens(): Tokens;
}

export const NO_TOKENS: Tokens = { promptTokens: null, completionTokens: null, source: "none" };
