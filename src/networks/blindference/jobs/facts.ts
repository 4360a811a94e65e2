// What is kept of a job on the disk: where things are and what they hash to. Nothing here can be read by whoever finds the disk.
import { z } from "zod";
import { UINT128 } from "../cofhe/cofhe.ts";

const digits = z.string().regex(/^\d{1,78}$/);
const hash = z.string().regex(/^[0-9a-f]{64}$/);

const input = z.object({
  ctHash: digits,
  securityZone: z.literal(0),
  utype: z.literal(UINT128),
  signature: z.templateLiteral(["0x", z.string().regex(/^[0-9a-fA-F]*$/)]),
});

export const facts = z.object({
  role: z.enum(["leader", "verifier"]),
  /** The network's id of it. */
  model: z.string(),
  promptCid: z.string(),
  /** Who may read the answer; null: the ICL named nobody. */
  user: z.string().nullable(),
  /** Under which CoFHE keeps the halves of the prompt's key; decimal. */
  handles: z.object({ high: digits, low: digits }).nullable(),
  /** Of a leader that has claimed: wall clock, milliseconds, by which it gives up. */
  deadline: z.number().nullable(),
  /** Of a leader: the answer, encrypted and stored. */
  output: z
    .object({
      cid: z.string(),
      commitment: hash,
      /** Its key, encrypted for CoFHE. */
      key: z.object({ high: input, low: input }),
    })
    .nullable(),
  /** Of a verifier. */
  vote: z.object({ commitment: hash, verdict: z.enum(["CONFIRM", "REJECT"]) }).nullable(),
});

export type Facts = z.output<typeof facts>;
