// What a receipt must say to pay for a request: the checks in the wire's order, before anybody else is asked.
import { createHash } from "node:crypto";
import { type Received, type Schnorr, signerOf } from "../envelope.ts";
import { FedaiError } from "../errors.ts";
import { parsePublicKey } from "../keys.ts";
import type { InferenceRequest, PaymentReceipt } from "../payloads.ts";
import { estimateTokens } from "../tokens.ts";
import { type Invoice, parseInvoice } from "./bolt11.ts";
import type { PaymentSettings } from "./settings.ts";

export interface Prices {
  /** Satoshi for a token. */
  readonly input: number;
  readonly output: number;
}

export interface ReceiptRules {
  readonly nodeId: string;
  readonly prices: Prices;
  readonly settings: PaymentSettings;
  readonly schnorr: Schnorr;
  readonly now: number;
}

export interface GoodReceipt {
  readonly receipt: PaymentReceipt;
  /** Names of the one payment, whatever a receipt says of it; spent together. */
  readonly identities: readonly string[];
}

/** As far as its payer's clock may be ahead. */
const CLOCK_SKEW_MS = 300_000;
const HASH = /^[0-9a-fA-F]{64}$/;

/** What a router charges for this node's part: Math.round and at least 1. */
export function priceOf({ prompt, maxTokens }: InferenceRequest, { input, output }: Prices): number {
  return Math.max(1, Math.round(input * estimateTokens(prompt) + output * maxTokens));
}

/** @throws FedaiError */
export function checkReceipt(request: InferenceRequest, rules: ReceiptRules): GoodReceipt {
  const { nodeId, settings } = rules;
  const envelope = request.paymentReceipts?.find(
    ({ payload }) => payload.payeeType === "node" && payload.payeeId === nodeId,
  );
  if (!envelope) throw new FedaiError("payment-required", 402, "the request has no receipt for this node");
  const receipt = envelope.payload;
  if (receipt.amountSats < 1) throw bad("payment-amount-invalid");
  if (receipt.requestId !== request.requestId) throw bad("payment-request-mismatch");
  checkSplits(receipt, settings);
  checkSigner(envelope, rules.schnorr);
  checkAge(receipt, rules);
  if (shareOf(receipt, nodeId) < priceOf(request, rules.prices)) throw bad("payment-amount-insufficient");
  return { receipt, identities: identitiesOf(receipt) };
}

function checkSplits({ splits = [], amountSats }: PaymentReceipt, { feeMaxSats, feeMaxBps }: PaymentSettings): void {
  if (splits.some(({ amountSats }) => amountSats < 0)) throw bad("payment-amount-invalid");
  const sum = (type?: string) =>
    splits.filter(({ payeeType }) => !type || payeeType === type).reduce((total, split) => total + split.amountSats, 0);
  if (splits.length > 0 && sum() !== amountSats) throw bad("payment-split-total-mismatch");
  const fee = sum("router");
  if (feeMaxSats !== undefined && fee > feeMaxSats) throw bad("router-fee-exceeds-cap");
  // Routers round half up: a cap that is rounded down would refuse an honest fee.
  const base = sum("node") || amountSats;
  if (feeMaxBps !== undefined && fee > Math.ceil((base * feeMaxBps) / 10_000)) throw bad("router-fee-exceeds-cap");
}

function checkSigner(envelope: Received<PaymentReceipt>, schnorr: Schnorr): void {
  // Clients' receipts may name their key in hex, unlike all other messages.
  if ("pubkey" in signerOf(envelope, schnorr, parsePublicKey)) return;
  throw new FedaiError("invalid-payment-receipt-signature", 401, "the receipt is not signed by the key that it names");
}

/** The payer's word, as is the whole receipt: what binds is that a payment is spent once. */
function checkAge({ paidAtMs }: PaymentReceipt, { now, settings }: ReceiptRules): void {
  if (paidAtMs > now + CLOCK_SKEW_MS || paidAtMs < now - settings.receiptMaxAge) throw bad("payment-receipt-expired");
}

/** What of it is for this node: another node's split pays nothing here. */
function shareOf({ splits = [], amountSats }: PaymentReceipt, nodeId: string): number {
  if (splits.length === 0) return amountSats;
  return splits
    .filter(({ payeeType, payeeId }) => payeeType === "node" && payeeId === nodeId)
    .reduce((total, split) => total + split.amountSats, 0);
}

/** One payment has one hash, whether the receipt names it, its preimage or its invoice; they must agree. */
function identitiesOf(receipt: PaymentReceipt): string[] {
  const { paymentHash, preimage } = receipt;
  const invoice = receipt.invoice === undefined ? undefined : parseInvoice(receipt.invoice);
  // Only what is in it is its name: the same invoice can be written in many ways.
  if (receipt.invoice !== undefined && !invoice) throw bad("payment-invoice-invalid");
  if (paymentHash !== undefined && !HASH.test(paymentHash)) throw bad("payment-hash-invalid");
  if (preimage !== undefined && !HASH.test(preimage)) throw bad("preimage-invalid");
  const hashes = new Set<string>();
  if (paymentHash !== undefined) hashes.add(paymentHash.toLowerCase());
  if (preimage !== undefined) hashes.add(createHash("sha256").update(Buffer.from(preimage, "hex")).digest("hex"));
  if (hashes.size > 1) throw bad("preimage-mismatch");
  if (invoice) {
    hashes.add(invoice.paymentHash);
    if (hashes.size > 1) throw bad("payment-invoice-mismatch");
    checkInvoice(invoice, receipt);
  }
  const named = [...hashes].map((hash) => `hash:${hash}`);
  // Nothing but its word, which only payments.unverified takes: for one request, then.
  return named.length > 0 ? named : [`request:${receipt.requestId}`];
}

function checkInvoice({ amountMsat }: Invoice, { amountSats }: PaymentReceipt): void {
  if (amountMsat !== undefined && amountMsat < BigInt(Math.ceil(amountSats)) * 1000n) {
    throw bad("payment-invoice-mismatch");
  }
}

function bad(word: string): FedaiError {
  return new FedaiError(word, 400, "the receipt does not pay for this request");
}
