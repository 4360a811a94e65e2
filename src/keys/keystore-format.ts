// Web3 Secret Storage version 3 as a file says it: parsed, normalised, and bounded so that a hostile file costs nothing.
import { z } from "zod";
import { parseAddress } from "../core/address.ts";
import { KeyError } from "./errors.ts";
import { keyLabel } from "./key-label.ts";

/** Blocks of 128 bytes that scrypt may hold (n·r): 1 GiB, four times what geth writes. */
const MAX_SCRYPT_BLOCKS = 2 ** 23;
/** Work of scrypt (n·r·p): eight times what geth writes, some seconds. */
const MAX_SCRYPT_WORK = 2 ** 24;
/** geth's own is 262,144; this is some seconds. */
const MAX_PBKDF2_ROUNDS = 10_000_000;
const IV_DIGITS = 32;

/** Any case, with or without 0x. */
const hex = (maxBytes: number) =>
  z.string().transform((text, ctx): string => {
    const digits = text.replace(/^0x/i, "").toLowerCase();
    if (/^[0-9a-f]*$/.test(digits) && digits.length <= 2 * maxBytes) return digits;
    ctx.addIssue({ code: "custom", message: `expected hex of at most ${maxBytes} bytes` });
    return z.NEVER;
  });

const bytes = (min: number, max: number) =>
  hex(max).transform((digits, ctx): Uint8Array => {
    const value = Buffer.from(digits, "hex");
    if (digits.length % 2 === 0 && value.length >= min) return value;
    ctx.addIssue({ code: "custom", message: min === max ? `expected ${min} bytes of hex` : "expected bytes of hex" });
    return z.NEVER;
  });

const salt = bytes(1, 1024);
const dklen = z.literal(32);

const scryptParams = z
  .object({ n: z.int().min(2), r: z.int().min(1).max(64), p: z.int().min(1).max(64), dklen, salt })
  .superRefine(({ n, r, p }, ctx) => {
    if (n > MAX_SCRYPT_BLOCKS || (n & (n - 1)) !== 0) {
      ctx.addIssue({ code: "custom", message: "n must be a power of two of at most 8388608" });
    } else if (n * r > MAX_SCRYPT_BLOCKS || n * r * p > MAX_SCRYPT_WORK) {
      ctx.addIssue({ code: "custom", message: "n, r and p ask for more memory or work than is allowed" });
    }
  });

const pbkdf2Params = z.object({
  c: z.int().min(1).max(MAX_PBKDF2_ROUNDS),
  prf: z.literal("hmac-sha256"),
  dklen,
  salt,
});

const sealed = {
  cipher: z.literal("aes-128-ctr"),
  ciphertext: bytes(32, 32),
  // eth-account writes the IV as a number: leading zeros are missing.
  cipherparams: z.object({ iv: hex(16).transform((digits) => Buffer.from(digits.padStart(IV_DIGITS, "0"), "hex")) }),
  mac: bytes(32, 32),
};

const keystore = z.object({
  version: z.literal(3),
  address: z
    .string()
    .transform((text, ctx) => {
      const address = parseAddress(`0x${text.replace(/^0x/i, "")}`);
      if (address) return address;
      ctx.addIssue({ code: "custom", message: "expected 40 hex digits" });
      return z.NEVER;
    })
    .optional(),
  fxn: keyLabel.optional(),
  crypto: z.discriminatedUnion("kdf", [
    z.object({ ...sealed, kdf: z.literal("scrypt"), kdfparams: scryptParams }),
    z.object({ ...sealed, kdf: z.literal("pbkdf2"), kdfparams: pbkdf2Params }),
  ]),
});

export type KeystoreV3 = z.output<typeof keystore>;
export type Kdf =
  | { readonly kdf: "scrypt"; readonly kdfparams: z.output<typeof scryptParams> }
  | { readonly kdf: "pbkdf2"; readonly kdfparams: z.output<typeof pbkdf2Params> };

/** Is it meant to be a keystore, right or wrong? Old writers say "Crypto". */
export function looksLikeKeystore(json: unknown): boolean {
  return typeof json === "object" && json !== null && "crypto" in lowerKeys(json);
}

/**
 * @param where names the file in errors
 * @throws KeyError key_file_invalid
 */
export function parseKeystore(json: unknown, where: string): KeystoreV3 {
  const parsed = keystore.safeParse(typeof json === "object" && json !== null ? lowerKeys(json) : json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new KeyError(
    "key_file_invalid",
    `${where} is no usable keystore: ${issue?.path.join(".") || "file"}: ${issue?.message ?? "unknown form"}`,
    "A keystore is Web3 secret storage version 3: aes-128-ctr with scrypt or pbkdf2. Restore the file from your backup.",
  );
}

function lowerKeys(json: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key.toLowerCase(), value]));
}
