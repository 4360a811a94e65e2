// JSON as the ICL writes it: it gives ciphertext handles as bare integers of 256 bits, which a double would spoil.
import { z } from "zod";

const context = z.object({ source: z.string() });
const INTEGER = /^-?\d+$/;

/** As JSON.parse, but integers that no double holds become bigint. @throws SyntaxError */
export function parseLossless(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, ...rest: readonly unknown[]) => {
    if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
    const source = context.safeParse(rest[0]).data?.source;
    return source !== undefined && INTEGER.test(source) ? BigInt(source) : value;
  });
}

const LIMIT = 2n ** 256n;

/** A handle in every form in which it has been seen: integer, decimal text, 0x text, null. Undefined: there is no key. */
export const handle = z
  .union([z.int(), z.bigint(), z.string().regex(/^(\d{1,78}|0[xX][0-9a-fA-F]{1,64})$/), z.null()])
  .optional()
  .transform((given, ctx): bigint | undefined => {
    const number = given === null || given === undefined ? 0n : BigInt(given);
    if (number < 0n || number >= LIMIT) {
      ctx.addIssue({ code: "custom", message: "a handle has 256 bits" });
      return z.NEVER;
    }
    return number === 0n ? undefined : number;
  });
