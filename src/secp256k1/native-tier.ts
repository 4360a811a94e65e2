// Verification as a native library, by bun:ffi.
import { toArrayBuffer } from "bun:ffi";
import { loadLibrary } from "../lib/native-library.ts";
import { compiledTier, MAILBOX_BYTES } from "./compiled-tier.ts";
import type { Tier } from "./tier.ts";

const SYMBOLS = {
  fxn_mailbox: { args: [], returns: "ptr" },
  fxn_open: { args: [], returns: "i32" },
  fxn_table_bytes: { args: [], returns: "i32" },
  fxn_table_new: { args: [], returns: "i32" },
  fxn_table_begin: { args: ["i32"], returns: "i32" },
  fxn_table_step: { args: ["i32"], returns: "i32" },
  fxn_known: { args: ["i32", "u32"], returns: "i32" },
  fxn_recover: { args: ["u32"], returns: "i32" },
  fxn_schnorr: { args: [], returns: "i32" },
} as const;

/** Throws an Error where the library cannot be loaded. */
export function nativeTier(library: Uint8Array): Tier {
  const c = loadLibrary(library, SYMBOLS);
  const at = c.fxn_mailbox();
  if (at === null) throw new Error("a library without a mailbox");
  const mailbox = new Uint8Array(toArrayBuffer(at, 0, MAILBOX_BYTES));
  return compiledTier("native", { ...c, mailbox: () => mailbox });
}
