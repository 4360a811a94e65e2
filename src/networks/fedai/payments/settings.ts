// The settings of payments.
import { z } from "zod";
import { duration, flag, integer } from "../../../config/fields.ts";
import { httpUrl } from "../../../config/net-fields.ts";

const verify = z.strictObject({
  url: httpUrl.optional().describe("A service that says whether an invoice is paid; asked by POST."),
  timeout: duration("1ms").prefault("10s").describe("How long it may take, each time."),
  attempts: integer(1, 20).prefault(1).describe("How often it is asked while it fails."),
  minDelay: duration("0s").prefault("100ms").describe("Before the second attempt; doubles with each one."),
  maxDelay: duration("0s").prefault("1s").describe("The longest delay."),
});

export const payments = z.strictObject({
  required: flag.prefault(false).describe("Serves only what is paid for."),
  unverified: flag
    .prefault(false)
    .describe("Takes receipts on their word when no verify.url is set: anyone can sign one. For trying things out."),
  requirePreimage: flag.prefault(false).describe("A receipt must hold the payment's preimage."),
  feeMaxBps: integer(0, 10_000)
    .optional()
    .meta({ description: "Most of the node's share that a router may add, in 1/10000.", examples: [500] }),
  feeMaxSats: integer(0)
    .optional()
    .meta({ description: "Most satoshi that a router may add.", examples: [100] }),
  receiptMaxAge: duration("1ms").prefault("24h").describe("How long ago a receipt may have been paid."),
  verify: verify.prefault({}).describe("Asking whether a payment was made."),
});

export type PaymentSettings = z.output<typeof payments>;
