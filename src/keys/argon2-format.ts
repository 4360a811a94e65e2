// A key under Argon2id and AES-256-GCM as its file says it: parsed, and bounded so that a hostile file costs nothing.
import { z } from "zod";
import { parseAddress } from "../core/address.ts";
import { KeyError } from "./errors.ts";
import { keyLabel } from "./key-label.ts";

/** 1 GiB; RFC 9106's second choice, which we write, is 64 MiB. */
const MAX_MEMORY_KIB = 2 ** 20;
/** Memory times passes: some seconds. */
const MAX_WORK_KIB = 2 ** 22;

const bytes = (length: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${2 * length}}$`), `expected ${length} bytes of hex in lower case`)
    .transform((digits) => Buffer.from(digits, "hex"));

const kdfparams = z
  .object({
    memoryKiB: z.int().min(8).max(MAX_MEMORY_KIB),
    passes: z.int().min(1).max(1024),
    parallelism: z.int().min(1).max(64),
    salt: bytes(16),
  })
  .refine(({ memoryKiB, passes }) => memoryKiB * passes <= MAX_WORK_KIB, "asks for more work than is allowed")
  .refine(({ memoryKiB, parallelism }) => memoryKiB >= 8 * parallelism, "memoryKiB must be 8 times parallelism");

const wallet = z.object({
  format: z.literal("fxn-wallet"),
  version: z.literal(1),
  address: z.string().transform((text, ctx) => {
    const address = parseAddress(text);
    if (address) return address;
    ctx.addIssue({ code: "custom", message: "expected 0x and 40 hex digits" });
    return z.NEVER;
  }),
  fxn: keyLabel,
  crypto: z.object({
    kdf: z.literal("argon2id"),
    kdfparams,
    cipher: z.literal("aes-256-gcm"),
    iv: bytes(12),
    tag: bytes(16),
    ciphertext: bytes(32),
  }),
});
export type Argon2Wallet = z.output<typeof wallet>;
export type Argon2Params = z.output<typeof kdfparams>;

export function looksLikeArgon2Wallet(json: unknown): boolean {
  return typeof json === "object" && json !== null && "format" in json && json.format === "fxn-wallet";
}

/** @param where names the file in errors @throws KeyError key_file_invalid */
export function parseArgon2Wallet(json: unknown, where: string): Argon2Wallet {
  const parsed = wallet.safeParse(json);
  if (parsed.success) return parsed.data;
  const { path = [], message = "" } = parsed.error.issues[0] ?? {};
  throw new KeyError(
    "key_file_invalid",
    `${where} is no key file of this kind: ${path.join(".")}: ${message}`,
    "Restore it from your backup.",
  );
}
