// Verification as WebAssembly, for machines on which no library can be loaded.
import { z } from "zod";
import { compiledTier, MAILBOX_BYTES } from "./compiled-tier.ts";
import type { Tier } from "./tier.ts";

const fn = z.custom<(...numbers: number[]) => number>((value) => typeof value === "function");
const exported = z.object({
  memory: z.instanceof(WebAssembly.Memory),
  _initialize: fn,
  fxn_mailbox: fn,
  fxn_open: fn,
  fxn_table_bytes: fn,
  fxn_table_new: fn,
  fxn_table_begin: fn,
  fxn_table_step: fn,
  fxn_known: fn,
  fxn_recover: fn,
  fxn_schnorr: fn,
});

/** Throws an Error where there is no WebAssembly. */
export function wasmTier(bytes: Uint8Array<ArrayBuffer>): Tier {
  const c = exported.parse(new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports);
  c._initialize();
  const at = c.fxn_mailbox();
  let mailbox = new Uint8Array(c.memory.buffer, at, MAILBOX_BYTES);
  return compiledTier("wasm", {
    ...c,
    mailbox() {
      // What was seen of a memory that has grown since is empty.
      if (mailbox.length === 0) mailbox = new Uint8Array(c.memory.buffer, at, MAILBOX_BYTES);
      return mailbox;
    },
  });
}
