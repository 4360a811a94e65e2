// Verification by the C of native/, whichever way it was compiled: arguments and answers lie in one mailbox in its memory.
import { parseAddress } from "../core/address.ts";
import { challengeHash } from "./bip340.ts";
import { SIGNATURE_BYTES, type Tier } from "./tier.ts";

/** The functions of native/verify.c. */
export interface Calls {
  /** MAILBOX_BYTES, where they are now: WebAssembly's memory moves when it grows. */
  mailbox(): Uint8Array;
  fxn_open(): number;
  fxn_table_bytes(): number;
  fxn_table_new(): number;
  fxn_table_begin(table: number): number;
  fxn_table_step(table: number): number;
  fxn_known(table: number, length: number): number;
  fxn_recover(length: number): number;
  fxn_schnorr(): number;
}

// Where things lie, as native/verify.c has them.
const [SIGNATURE, KEY, ADDRESS, DIGEST, MESSAGE] = [0, 65, 129, 149, 181];
export const MAILBOX_BYTES = MESSAGE + 3 * 1024;

/** Throws an Error when there is no memory for the multiples of the generator, 800 KB. */
export function compiledTier(name: "native" | "wasm", c: Calls): Tier {
  if (c.fxn_open() === 0) throw new Error("no memory for the multiples of the generator");
  const encoder = new TextEncoder();

  /** Puts both in; the bytes of the message. */
  const put = (message: string, signature: Uint8Array): number => {
    const mailbox = c.mailbox();
    mailbox.set(signature, SIGNATURE);
    const { read, written } = encoder.encodeInto(message, mailbox.subarray(MESSAGE));
    if (read !== message.length) throw new RangeError(`a message of ${message.length} characters`);
    return written;
  };

  return {
    name,

    recover(message, signature) {
      if (signature.length !== SIGNATURE_BYTES || c.fxn_recover(put(message, signature)) !== 1) return undefined;
      const mailbox = c.mailbox();
      const address = parseAddress(`0x${Buffer.from(mailbox.subarray(ADDRESS, DIGEST)).toString("hex")}`);
      return address && { address, publicKey: mailbox.slice(KEY, ADDRESS) };
    },

    schnorr(publicKey, message, signature) {
      if (publicKey.length !== 32 || signature.length !== 64) return false;
      const mailbox = c.mailbox();
      mailbox.set(signature, SIGNATURE);
      mailbox.set(publicKey, KEY);
      mailbox.set(challengeHash(signature.subarray(0, 32), publicKey, message), DIGEST);
      return c.fxn_schnorr() === 1;
    },

    tables: {
      bytes: c.fxn_table_bytes(),
      create() {
        const table = c.fxn_table_new();
        return table < 0 ? undefined : table;
      },
      begin(table, publicKey) {
        c.mailbox().set(publicKey, KEY);
        if (c.fxn_table_begin(table) === 0) throw new RangeError("a key that is no point of the curve");
      },
      step: (table) => c.fxn_table_step(table) === 1,
      signed: (table, message, signature) =>
        signature.length === SIGNATURE_BYTES && c.fxn_known(table, put(message, signature)) === 1,
    },
  };
}
