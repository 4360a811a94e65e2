// A private key under a password, by Argon2id (RFC 9106) and AES-256-GCM. Address and label are authenticated with it.
import { argon2, createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { Secret } from "../core/secret.ts";
import type { Argon2Params, Argon2Wallet } from "./argon2-format.ts";
import { KeyError } from "./errors.ts";
import { type KeyKind, labelOf } from "./key-label.ts";
import type { RandomBytes } from "./private-key.ts";
import { signerFromKey } from "./signer.ts";

const CIPHER = "aes-256-gcm";
/** RFC 9106, section 4: the second recommended choice. */
const STANDARD = { memoryKiB: 65_536, passes: 3, parallelism: 4 } as const;

interface EncryptOptions {
  /** Lower than the default only where the key is worth nothing. */
  readonly cost?: Omit<Argon2Params, "salt">;
  readonly kind?: KeyKind;
  readonly random?: RandomBytes;
}

/** The file's JSON text. Throws `key_invalid`. */
export async function encryptWallet(key: Uint8Array, password: Secret, options: EncryptOptions = {}): Promise<string> {
  const { cost = STANDARD, kind = "ethereum", random = randomBytes } = options;
  const { address } = signerFromKey(key);
  const fxn = labelOf(key, kind);
  const kdfparams = { ...cost, salt: Buffer.from(random(16)) };
  const iv = random(12);
  const cipher = createCipheriv(CIPHER, await derive(kdfparams, password), iv);
  cipher.setAAD(authenticated({ address, fxn }));
  const ciphertext = Buffer.concat([cipher.update(key), cipher.final()]);
  const crypto = {
    kdf: "argon2id",
    kdfparams: { ...kdfparams, salt: hex(kdfparams.salt) },
    cipher: CIPHER,
    iv: hex(iv),
    tag: hex(cipher.getAuthTag()),
    ciphertext: hex(ciphertext),
  };
  return `${JSON.stringify({ format: "fxn-wallet", version: 1, address, fxn, crypto }, null, 2)}\n`;
}

/** The private key, 32 bytes. @param where names the file in errors @throws KeyError key_wrong_password */
export async function decryptWallet(wallet: Argon2Wallet, password: Secret, where: string): Promise<Uint8Array> {
  const { kdfparams, iv, tag, ciphertext } = wallet.crypto;
  const decipher = createDecipheriv(CIPHER, await derive(kdfparams, password), iv);
  decipher.setAAD(authenticated(wallet));
  decipher.setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch (cause) {
    throw new KeyError(
      "key_wrong_password",
      `The password does not open ${where}`,
      "Check the password; if it is right, the file was damaged: restore it from your backup.",
      cause,
    );
  }
}

function authenticated({ address, fxn }: Pick<Argon2Wallet, "address" | "fxn">): Buffer {
  return Buffer.from(`${address} ${fxn.kind} ${fxn.nostrPubkey}`);
}

/** 32 bytes. The password counts as UTF-8, not normalised. */
function derive({ memoryKiB, passes, parallelism, salt }: Argon2Params, password: Secret): Promise<Buffer> {
  const message = Buffer.from(password.reveal(), "utf8");
  const cost = { memory: memoryKiB, passes, parallelism, tagLength: 32 };
  return promisify(argon2)("argon2id", { message, nonce: salt, ...cost });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
