// Debian's libsecp256k1 by bun:ffi: what verification is compared with. Never in the binary.
import { dlopen, ptr } from "bun:ffi";
import { messageOf } from "../../src/core/errors.ts";

const NAMES = ["libsecp256k1.so.2", "libsecp256k1.so.1", "libsecp256k1.so.0"];
const CALLS = {
  secp256k1_context_create: { args: ["u32"], returns: "ptr" },
  secp256k1_ecdsa_recoverable_signature_parse_compact: { args: ["ptr", "ptr", "ptr", "i32"], returns: "i32" },
  secp256k1_ecdsa_recover: { args: ["ptr", "ptr", "ptr", "ptr"], returns: "i32" },
  secp256k1_ec_pubkey_serialize: { args: ["ptr", "ptr", "ptr", "ptr", "u32"], returns: "i32" },
} as const;
/** SECP256K1_CONTEXT_VERIFY, SECP256K1_EC_UNCOMPRESSED */
const VERIFY = 257;
const UNCOMPRESSED = 2;

/** The public key, 65 bytes, in one and the same array; no address, and the digest is made already. @param recovery 0 or 1 */
export type Recover = (digest: Uint8Array, signature: Uint8Array, recovery: number) => Uint8Array;

/** Or why there is none. */
export function libsecp256k1(): Recover | string {
  try {
    const c = open();
    const context = c.secp256k1_context_create(VERIFY);
    // One buffer, which the answer keeps alive: what is only pointed to is not seen to be in use.
    const memory = new Uint8Array(new ArrayBuffer(256));
    const [parsedAt, keyAt, lengthAt, outAt] = [ptr(memory), ptr(memory, 72), ptr(memory, 136), ptr(memory, 144)];
    memory[136] = 65;
    const out = memory.subarray(144, 144 + 65);
    return (digest, signature, recovery) => {
      c.secp256k1_ecdsa_recoverable_signature_parse_compact(context, parsedAt, ptr(signature), recovery);
      c.secp256k1_ecdsa_recover(context, keyAt, parsedAt, ptr(digest));
      c.secp256k1_ec_pubkey_serialize(context, outAt, lengthAt, keyAt, UNCOMPRESSED);
      return out;
    };
  } catch (error) {
    return `apt-get install libsecp256k1-1 (${messageOf(error)})`;
  }
}

function open() {
  let failed: unknown;
  for (const name of NAMES) {
    try {
      return dlopen(name, CALLS).symbols;
    } catch (error) {
      failed = error;
    }
  }
  throw failed;
}
