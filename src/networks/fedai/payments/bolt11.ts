// What a Lightning invoice says of itself (BOLT 11): payment hash, amount, time. Its signature is the verifier's to judge.
import { bech32 } from "@scure/base";

export interface Invoice {
  /** 64 hex digits. */
  readonly paymentHash: string;
  /** Undefined: any amount. */
  readonly amountMsat: bigint | undefined;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** Millisatoshi of one unit of each multiplier, times ten: a pico-bitcoin is a tenth of a millisatoshi. */
const TENTHS_OF_MSAT: Readonly<Record<string, bigint>> = {
  "": 1_000_000_000_000n,
  m: 1_000_000_000n,
  u: 1_000_000n,
  n: 1000n,
  p: 1n,
};
const TIMESTAMP_WORDS = 7;
/** 64 bytes and the recovery id. */
const SIGNATURE_WORDS = 104;
const PAYMENT_HASH = 1;
const PAYMENT_HASH_WORDS = 52;

/** Undefined for what is no invoice. */
export function parseInvoice(text: string): Invoice | undefined {
  const parts = bech32.decodeUnsafe(text, false);
  const [, amount = "", unit = ""] = /^ln(?:bcrt|bc|tbs|tb)(?:([1-9]\d*)([munp]?))?$/.exec(parts?.prefix ?? "") ?? [];
  if (!parts?.prefix.startsWith("ln") || parts.words.length < TIMESTAMP_WORDS + SIGNATURE_WORDS) return undefined;
  const scale = TENTHS_OF_MSAT[unit];
  const tenths = amount === "" || scale === undefined ? undefined : BigInt(amount) * scale;
  const tagged = parts.words.slice(TIMESTAMP_WORDS, -SIGNATURE_WORDS);
  const paymentHash = hashIn(tagged);
  if (paymentHash === undefined) return undefined;
  return {
    paymentHash,
    amountMsat: tenths === undefined ? undefined : tenths / 10n,
    createdAt: numberOf(parts.words.slice(0, TIMESTAMP_WORDS)) * 1000,
  };
}

/** The first field of that type; readers skip others. */
function hashIn(words: readonly number[]): string | undefined {
  for (let at = 0; at + 3 <= words.length; ) {
    const [type, high = 0, low = 0] = words.slice(at, at + 3);
    const length = high * 32 + low;
    const data = words.slice(at + 3, at + 3 + length);
    if (type === PAYMENT_HASH && data.length === PAYMENT_HASH_WORDS) {
      const bytes = bech32.fromWordsUnsafe(data);
      return bytes ? Buffer.from(bytes).toString("hex") : undefined;
    }
    at += 3 + length;
  }
  return undefined;
}

function numberOf(words: readonly number[]): number {
  return words.reduce((sum, word) => sum * 32 + word, 0);
}
