// The field kinds of the config files: how text becomes a typed value, and what a wrong one is told.
import { z } from "zod";
import { type Address, parseAddress } from "../core/address.ts";
import { parseDuration } from "../core/duration.ts";
import { Secret } from "../core/secret.ts";

const KIB = 1024;
const SIZE_UNIT: Readonly<Record<string, number>> = { "": 1, B: 1, KB: KIB, MB: KIB ** 2, GB: KIB ** 3 };

/** Go duration text ("1m30s"); the value is milliseconds. */
export const duration = z.string().transform((text, ctx): number => {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  ctx.addIssue({ code: "custom", message: `expected a duration such as "90s" or "1m30s"` });
  return z.NEVER;
});

/** "20MB" or a number of bytes; KB, MB and GB are powers of 1024. */
export const size = z.union([z.string(), z.number()]).transform((input, ctx): number => {
  const match = /^(\d+)\s*(B|KB|MB|GB)?$/i.exec(String(input));
  const unit = SIZE_UNIT[(match?.[2] ?? "").toUpperCase()];
  if (match && unit !== undefined) return Number(match[1]) * unit;
  ctx.addIssue({ code: "custom", message: `expected a size such as "20MB" or a number of bytes` });
  return z.NEVER;
});

export const address = z.string().transform((text, ctx): Address => {
  const parsed = parseAddress(text);
  if (parsed) return parsed;
  ctx.addIssue({ code: "custom", message: "expected an address: 0x and 40 hex digits" });
  return z.NEVER;
});

export const httpUrl = z.string().superRefine((text, ctx) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    ctx.addIssue({ code: "custom", message: `expected a URL that starts with http:// or https://` });
  }
});

export const secret = z
  .string()
  .min(1)
  .transform((text) => new Secret(text));

/** "host:port"; an IPv6 host stands in brackets. */
export const hostPort = z.string().transform((text, ctx): { host: string; port: number } => {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:\s]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match?.[1] && port <= 65_535) return { host: match[1].replace(/^\[|\]$/g, ""), port };
  ctx.addIssue({ code: "custom", message: `expected host:port, such as "127.0.0.1:9464"` });
  return z.NEVER;
});
