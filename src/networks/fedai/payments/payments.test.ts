// Payments: each row of the wire's table, what a verifier may answer, and the ways to get work for nothing.
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { fails, says, settled } from "../../../../test/fakes/fedai-ports.ts";
import {
  CLIENT,
  type FedaiRig,
  fedaiRig,
  ROUTER,
  type SettingsInput,
  sealedAs,
} from "../../../../test/fakes/fedai-rig.ts";
import { paymentOf, verifyService } from "../../../../test/fakes/lightning.ts";
import { FxnError } from "../../../core/errors.ts";
import { seal } from "../envelope.ts";
import { parseInvoice } from "./bolt11.ts";

const service = verifyService();
afterAll(() => service.stop());
beforeEach(() => {
  service.asked.length = 0;
  service.answers = [() => Response.json({ paid: true })];
});

type Changes = Readonly<Record<string, unknown>>;
const PAYMENT = paymentOf("one");

const paid = (more: SettingsInput["payments"] = {}, prices = { input: 1, output: 0.5 }) =>
  fedaiRig({ prices, payments: { required: true, verify: { url: service.url }, ...more } });

/** For "hello" and 16 tokens: 2 + 8 satoshi. */
function receipt(rig: FedaiRig, changes: Changes = {}, signer = CLIENT) {
  const { paymentHash, invoice } = PAYMENT;
  const paidAtMs = rig.ports.clock.now();
  const base = {
    requestId: "req-1",
    payeeType: "node",
    payeeId: "node-a",
    amountSats: 10,
    paidAtMs,
    paymentHash,
    invoice,
  };
  return seal(signer, rig.ports.clock, { ...base, ...changes });
}
const split = (payeeType: string, amountSats: number, payeeId = payeeType === "node" ? "node-a" : "router-1") => ({
  payeeType,
  payeeId,
  amountSats,
});

async function pay(rig: FedaiRig, changes: Changes = {}, request: Changes = {}) {
  const { status, body } = await rig.ask(
    "/infer",
    rig.request({ paymentReceipts: [receipt(rig, changes)], ...request }),
  );
  return [status, body.error];
}

describe("checks, in the wire's order", () => {
  test.each<[string, number, string, Changes, SettingsInput["payments"]?]>([
    ["1 none for this node", 402, "payment-required", { payeeId: "node-b", amountSats: 0 }],
    ["1 none for a node", 402, "payment-required", { payeeType: "router", amountSats: 0 }],
    ["3 less than a satoshi", 400, "payment-amount-invalid", { amountSats: 0.5, requestId: "other" }],
    ["4 another request's", 400, "payment-request-mismatch", { requestId: "other", splits: [split("node", 1)] }],
    [
      "5 splits",
      400,
      "payment-split-total-mismatch",
      { splits: [split("node", 10), split("router", 500)] },
      { feeMaxSats: 1 },
    ],
    [
      "6 fee in satoshi",
      400,
      "router-fee-exceeds-cap",
      { amountSats: 12, splits: [split("node", 10), split("router", 2)] },
      { feeMaxSats: 1 },
    ],
    [
      "7 fee in parts",
      400,
      "router-fee-exceeds-cap",
      { amountSats: 13, splits: [split("node", 10), split("router", 3)] },
      { feeMaxBps: 2000 },
    ],
    ["too little for this request", 400, "payment-amount-insufficient", { amountSats: 9 }],
    ["an invoice of less", 400, "payment-invoice-mismatch", { invoice: paymentOf("one", "90n").invoice }],
    ["a hash of another invoice", 400, "payment-invoice-mismatch", { paymentHash: paymentOf("two").paymentHash }],
    ["a preimage of another hash", 400, "preimage-mismatch", { preimage: paymentOf("two").preimage }],
    ["a receipt of last week", 400, "payment-receipt-expired", { paidAtMs: 1_749_000_000_000 }],
    ["a preimage that is wanted", 400, "preimage-required", {}, { requirePreimage: true }],
    ["no proof", 400, "payment-proof-missing", { paymentHash: undefined, invoice: undefined }],
  ])("%s", async (_, status, word, changes, settings = {}) => {
    const rig = paid(settings);
    expect(await pay(rig, changes)).toEqual([status, word]);
    expect(rig.ports.asked).toEqual([]);
    expect(service.asked).toEqual([]);
    expect((await rig.ask("/metrics")).text).toContain("node_payment_receipt_failures_total 1");
  });

  test("8 a signature that is none, of any length", async () => {
    for (const sig of ["", "AAAA", Buffer.alloc(64).toString("base64")]) {
      const rig = paid();
      const { status, body } = await rig.ask("/infer", rig.request({ paymentReceipts: [{ ...receipt(rig), sig }] }));
      expect([status, body.error]).toEqual([401, "invalid-payment-receipt-signature"]);
    }
  });

  test("a receipt may name its key in hex", async () => {
    const rig = paid();
    const paymentReceipts = [receipt(rig, {}, { ...CLIENT, npub: CLIENT.pubkey })];
    expect((await rig.ask("/infer", rig.request({ paymentReceipts }))).status).toBe(200);
  });

  test("an honest fee of 10 % that a router rounds up passes a cap of 10 %", async () => {
    const rig = paid({ feeMaxBps: 1000 }, { input: 13.5, output: 0.5 });
    const splits = [split("node", 35), split("router", 4)];
    expect(await pay(rig, { amountSats: 39, splits })).toEqual([200, undefined]);
  });

  test("the verifier is told what it needs and no more, and its token is not shown", async () => {
    const rig = paid({ requirePreimage: true });
    expect(await pay(rig, { preimage: PAYMENT.preimage })).toEqual([200, undefined]);
    expect(service.asked).toEqual([{ ...PAYMENT, amountSats: 10, payeeId: "node-a", requestId: "req-1" }]);
    expect(JSON.stringify(rig.ports.log.lines)).not.toContain("token");
  });
});

describe("a verifier's answer", () => {
  test.each<[string, () => Response, string]>([
    ["not paid", () => Response.json({ paid: false }), "payment-unsettled"],
    ["why not", () => Response.json({ paid: false, detail: "in\u001b flight" }), "in  flight"],
    ["paid: yes", () => Response.json({ paid: "yes" }), "payment-verify-failed"],
    ["paid: 1", () => Response.json({ paid: 1 }), "payment-verify-failed"],
    ["no JSON", () => new Response("ok"), "payment-verify-failed"],
    ["a failure", () => new Response("", { status: 500 }), "payment-verify-failed"],
    ["a redirect", () => Response.redirect("http://127.0.0.1:1/", 307), "payment-verify-error"],
  ])("%s", async (_, answer, word) => {
    service.answers = [answer];
    expect(await pay(paid())).toEqual([400, word]);
  });

  test("is asked for again while it fails, not when it says no", async () => {
    const rig = paid({ verify: { url: service.url, attempts: 3 } });
    const failure = () => new Response("", { status: 502 });
    service.answers = [failure, failure, () => Response.json({ paid: true })];
    const asked = pay(rig);
    await eventually(() => service.asked.length === 1, rig);
    await eventually(() => service.asked.length === 3, rig);
    expect(await asked).toEqual([200, undefined]);
    service.answers = [() => Response.json({ paid: false })];
    service.asked.length = 0;
    const other = paymentOf("other");
    expect(await pay(rig, { paymentHash: other.paymentHash, invoice: other.invoice })).toEqual([
      400,
      "payment-unsettled",
    ]);
    expect(service.asked).toHaveLength(1);
  });

  test("is not had", async () => {
    expect(await pay(paid({ verify: { url: "http://127.0.0.1:1/" } }))).toEqual([400, "payment-verify-error"]);
  });
});

describe("attacks", () => {
  test("replayed receipt", async () => {
    const rig = paid();
    expect(await pay(rig)).toEqual([200, undefined]);
    expect(await pay(rig)).toEqual([400, "payment-receipt-reused"]);
    expect(rig.ports.asked).toHaveLength(1);
    // Not even the verifier is asked about a payment that is spent.
    expect(service.asked).toHaveLength(1);
  });

  test("the same payment under another name: by its preimage, its invoice in capitals, for another request", async () => {
    const rig = paid();
    expect(await pay(rig, { paymentHash: undefined })).toEqual([200, undefined]);
    for (const changes of [
      { invoice: undefined },
      { invoice: undefined, paymentHash: PAYMENT.paymentHash.toUpperCase() },
      { invoice: undefined, paymentHash: undefined, preimage: PAYMENT.preimage },
      { paymentHash: undefined, invoice: PAYMENT.invoice.toUpperCase() },
    ]) {
      expect(await pay(rig, changes)).toEqual([400, "payment-receipt-reused"]);
      expect(await pay(rig, { ...changes, requestId: "req-2" }, { requestId: "req-2" })).toEqual([
        400,
        "payment-receipt-reused",
      ]);
    }
  });

  test("an invoice in a spelling that only the verifier reads", async () => {
    const rig = paid();
    for (const invoice of [
      `lightning:${PAYMENT.invoice}`,
      ` ${PAYMENT.invoice}`,
      `${PAYMENT.invoice}\n`,
      "lnbc10n1xyz",
      "",
    ]) {
      expect(await pay(rig, { paymentHash: undefined, invoice })).toEqual([400, "payment-invoice-invalid"]);
    }
    expect(service.asked).toEqual([]);
  });

  test("two requests at once with one payment: one is served", async () => {
    const rig = paid();
    const both = await Promise.all([pay(rig), pay(rig)]);
    expect(both.map(([status]) => status).sort()).toEqual([200, 400]);
    expect(rig.ports.asked).toHaveLength(1);
  });

  test("a payment is spent beyond a restart", async () => {
    const before = paid();
    expect(await pay(before)).toEqual([200, undefined]);
    const after = fedaiRig(
      { prices: { input: 1, output: 0.5 }, payments: { required: true, verify: { url: service.url } } },
      "/nonexistent",
      before.ports,
    );
    expect(await pay(after)).toEqual([400, "payment-receipt-reused"]);
  });

  test("one satoshi for a long answer", async () => {
    const rig = paid({}, { input: 0, output: 1 });
    expect(await pay(rig, { amountSats: 1 }, { maxTokens: 4000 })).toEqual([400, "payment-amount-insufficient"]);
  });

  test("another node's split counted as ours", async () => {
    const rig = paid();
    const splits = [split("node", 10, "node-b"), split("router", 0)];
    expect(await pay(rig, { splits })).toEqual([400, "payment-amount-insufficient"]);
  });

  test("a negative split that lifts the node's share", async () => {
    const rig = paid();
    const splits = [split("node", 10), split("router", -9)];
    expect(await pay(rig, { amountSats: 1, splits })).toEqual([400, "payment-amount-invalid"]);
  });

  test("members added to a signed receipt", async () => {
    const rig = paid();
    const good = receipt(rig);
    const forged = { ...good, payload: { ...good.payload, extra: 1 } };
    const { status } = await rig.ask("/infer", rig.request({ paymentReceipts: [forged] }));
    expect(status).toBe(401);
  });

  test("taking the stream's text and leaving before its end does not give the payment back", async () => {
    const rig = paid();
    const response = await rig.respond("/infer/stream", rig.request({ paymentReceipts: [receipt(rig)] }));
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
    expect(await pay(rig)).toEqual([400, "payment-receipt-reused"]);
  });

  test("settings with which anybody could pay with a word", () => {
    expect(() => fedaiRig({ payments: { required: true } })).toThrow("nothing verifies them");
  });
});

describe("a payment is given back", () => {
  test("when the work failed", async () => {
    const rig = paid();
    rig.ports.generate = fails(new FxnError("backend_unreachable", 502, "gone"));
    expect(await pay(rig)).toEqual([503, "offload-unavailable"]);
    rig.ports.generate = says(["ok"]);
    expect(await pay(rig)).toEqual([200, undefined]);
  });

  test("when there was no place", async () => {
    const rig = paid();
    rig.ports.admission = { places: 0, reason: "quiet hours" };
    expect(await pay(rig)).toEqual([503, "offload-unavailable"]);
    rig.ports.admission = { places: 1, reason: undefined };
    expect(await pay(rig)).toEqual([200, undefined]);
  });

  test("when the caller left before the first word", async () => {
    const rig = paid();
    const { status } = await rig.ask("/infer", rig.request({ paymentReceipts: [receipt(rig)] }), {
      signal: AbortSignal.abort(),
    });
    expect(status).not.toBe(200);
    expect(await pay(rig)).toEqual([200, undefined]);
  });
});

test("an unpaid request costs nothing when payment is not required, whatever its receipts say", async () => {
  const rig = fedaiRig();
  const bad = sealedAs(ROUTER, { payload: receipt(rig).payload, nonce: "", ts: 0 });
  const { status } = await rig.ask("/infer", rig.request({ paymentReceipts: [bad] }));
  expect(status).toBe(200);
  await settled();
});

test("an invoice of BOLT 11's own examples", () => {
  const invoice =
    "lnbc2500u1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpuaztrnwngzn3kdzw5hydlzf03qdgm2hdq27cqv3agm2awhz5se903vruatfhq77w3ls4evs3ch9zw97j25emudupq63nyw24cg27h2rspfj9srp";
  expect(parseInvoice(invoice)).toEqual({
    paymentHash: "0001020304050607080900010203040506070809000102030405060708090102",
    amountMsat: 250_000_000n,
    createdAt: 1_496_314_658_000,
  });
  expect(parseInvoice(invoice.replace("2500u", "2600u"))).toBeUndefined();
  expect(parseInvoice("lnbc10n1xyz")).toBeUndefined();
});

/** Time goes on for the node while a real socket is waited for. */
async function eventually(condition: () => boolean, rig: FedaiRig): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => setImmediate(resolve));
    await rig.ports.clock.advance(50);
  }
}
