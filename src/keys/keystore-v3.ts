// Web3 Secret Storage version 3: a private key under a password, as geth, ethers and eth-account read and write it.
import {
  createCipheriv,
  createDecipheriv,
  pbkdf2,
  randomBytes,
  randomUUID,
  type ScryptOptions,
  scrypt,
  timingSafeEqual,
} from "node:crypto";
import { promisify } from "node:util";
import { scryptAsync } from "@noble/hashes/scrypt.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import type { Secret } from "../core/secret.ts";
import { KeyError } from "./errors.ts";
import { type KeyKind, labelOf } from "./key-label.ts";
import type { Kdf, KeystoreV3 } from "./keystore-format.ts";
import type { RandomBytes } from "./private-key.ts";
import { type Signer, signerFromKey } from "./signer.ts";

const CIPHER = "aes-128-ctr";
/** geth's "standard": 256 MiB and about a second for every guess at the password. */
const STANDARD = { n: 262_144, r: 8, p: 1, dklen: 32 } as const;
/** Above every size that the format allows; noble's own limit is a few bytes too low for the largest. */
const SCRYPT_MAX_MEMORY = 2 ** 31;

interface EncryptOptions {
  /** scrypt's cost, a power of two; lower than the default only where the key is worth nothing. */
  readonly n?: number;
  /** What the key is for; default: ethereum. */
  readonly kind?: KeyKind;
  readonly random?: RandomBytes;
}

/** The keystore's JSON text. Throws `key_invalid`. */
export async function encryptKey(key: Uint8Array, password: Secret, options: EncryptOptions = {}): Promise<string> {
  const { n = STANDARD.n, kind = "ethereum", random = randomBytes } = options;
  const { address } = signerFromKey(key);
  const salt = random(32);
  const iv = random(16);
  const kdfparams = { ...STANDARD, n, salt };
  const derived = await derive({ kdf: "scrypt", kdfparams }, password);
  const cipher = createCipheriv(CIPHER, derived.subarray(0, 16), iv);
  const ciphertext = Buffer.concat([cipher.update(key), cipher.final()]);
  const file = {
    address: address.slice(2),
    crypto: {
      cipher: CIPHER,
      ciphertext: toHex(ciphertext),
      cipherparams: { iv: toHex(iv) },
      kdf: "scrypt",
      kdfparams: { ...kdfparams, salt: toHex(salt) },
      mac: toHex(macOf(derived, ciphertext)),
    },
    fxn: labelOf(key, kind),
    id: randomUUID(),
    version: 3,
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/**
 * The private key, 32 bytes.
 * @param where names the file in errors
 * @throws KeyError key_wrong_password when the MAC differs; key_file_invalid when the key is not that of the address, or not
 *         that of the Nostr public key. The MAC does not cover the IV, so only these tell a changed IV
 */
export async function decryptKeystore(keystore: KeystoreV3, password: Secret, where: string): Promise<Uint8Array> {
  const { cipherparams, ciphertext, mac } = keystore.crypto;
  const derived = await derive(keystore.crypto, password);
  if (!timingSafeEqual(macOf(derived, ciphertext), mac)) {
    throw new KeyError(
      "key_wrong_password",
      `The password does not open ${where}`,
      "Check the password; if it is right, the file was damaged: restore it from your backup.",
    );
  }
  const decipher = createDecipheriv(CIPHER, derived.subarray(0, 16), cipherparams.iv);
  const key = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  const signer = signerOfDecrypted(key, where);
  const { address = signer.address, fxn: { nostrPubkey } = { nostrPubkey: signer.nostrPubkey() } } = keystore;
  if (address !== signer.address || nostrPubkey !== signer.nostrPubkey()) throw damaged(where);
  return key;
}

/** 32 bytes: the first half encrypts, the second authenticates. The password counts as UTF-8, not normalised, as in geth. */
async function derive(kdf: Kdf, password: Secret): Promise<Uint8Array> {
  const bytes = Buffer.from(password.reveal(), "utf8");
  if (kdf.kdf === "pbkdf2") {
    return await promisify(pbkdf2)(bytes, kdf.kdfparams.salt, kdf.kdfparams.c, kdf.kdfparams.dklen, "sha256");
  }
  const { n, r, p, dklen, salt } = kdf.kdfparams;
  const cost = { N: n, r, p, maxmem: SCRYPT_MAX_MEMORY };
  // The runtime's takes less than half of noble's time, but not every n: the format's own example, with r = 1, is beyond it.
  if (n < 2 ** (16 * r)) return await nativeScrypt(bytes, salt, dklen, cost);
  return await scryptAsync(bytes, salt, { ...cost, dkLen: dklen });
}

function nativeScrypt(password: Uint8Array, salt: Uint8Array, length: number, cost: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, cost, (error, derived) => (error ? reject(error) : resolve(derived)));
  });
}

function macOf(derived: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return keccak_256(Buffer.concat([derived.subarray(16, 32), ciphertext]));
}

function signerOfDecrypted(key: Uint8Array, where: string): Signer {
  try {
    return signerFromKey(key);
  } catch (cause) {
    throw damaged(where, cause);
  }
}

function damaged(where: string, cause?: unknown): KeyError {
  return new KeyError(
    "key_file_invalid",
    `The key in ${where} is not that of the address or public key in it: the file was damaged or changed`,
    "Restore it from your backup.",
    cause,
  );
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
