// Payment of a request: its receipt is checked, the payment confirmed, and claimed for this one piece of work.

import type { NetworkState } from "../../../core/network-state.ts";
import type { Schnorr } from "../envelope.ts";
import { FedaiError } from "../errors.ts";
import type { InferenceRequest } from "../payloads.ts";
import { type LightningPorts, verifyPayment } from "./lightning.ts";
import { checkReceipt, type Prices } from "./receipt.ts";
import type { PaymentSettings } from "./settings.ts";
import { type Hold, SpentPayments } from "./spent.ts";

export interface PaymentsPorts extends LightningPorts {
  readonly state: NetworkState;
  readonly schnorr: Schnorr;
}

const FREE: Hold = { release() {} };

export class Payments {
  readonly #settings: PaymentSettings;
  readonly #prices: Prices;
  readonly #nodeId: string;
  readonly #ports: PaymentsPorts;
  readonly #spent: SpentPayments;

  /** @throws FedaiError for settings with which anyone could pay with a word */
  constructor(settings: PaymentSettings, prices: Prices, nodeId: string, ports: PaymentsPorts) {
    if (settings.required && settings.verify.url === undefined && !settings.unverified) {
      throw new FedaiError("payments-not-verified", 500, "payments are required and nothing verifies them", {
        hint: "Set payments.verify.url; or payments.unverified: true, which takes anybody's word for money.",
      });
    }
    this.#settings = settings;
    this.#prices = prices;
    this.#nodeId = nodeId;
    this.#ports = ports;
    this.#spent = new SpentPayments(ports.state);
  }

  /** Claims the request's payment. @throws FedaiError, or StoreError when it cannot be decided */
  async claim(request: InferenceRequest, signal: AbortSignal): Promise<Hold> {
    if (!this.#settings.required) return FREE;
    const { clock, schnorr } = this.#ports;
    const { receipt, identities } = checkReceipt(request, {
      nodeId: this.#nodeId,
      prices: this.#prices,
      settings: this.#settings,
      schnorr,
      now: clock.now(),
    });
    // Looked at first, so that a used receipt does not make us ask the verifier.
    if (this.#spent.isSpent(identities)) throw reused();
    await verifyPayment(receipt, this.#settings, this.#ports, signal);
    const hold = this.#spent.claim(identities);
    if (!hold) throw reused();
    return hold;
  }

  forgetOld(): void {
    this.#spent.forgetOld(this.#ports.clock.now());
  }
}

function reused(): FedaiError {
  return new FedaiError("payment-receipt-reused", 400, "this payment was used before");
}
