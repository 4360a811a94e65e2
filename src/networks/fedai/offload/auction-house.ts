// POST /offload/rfb and /offload/award: what this node says when a peer asks for bids.
import { FxnError } from "../../../core/errors.ts";
import type { HttpCall } from "../../../core/network.ts";
import type { ReplayGuard } from "../../../core/replay.ts";
import { type Envelope, seal } from "../envelope.ts";
import { FedaiError } from "../errors.ts";
import type { FedaiNode } from "../fedai-node.ts";
import { parseNpub } from "../keys.ts";
import { claimNonce } from "../nonces/claim.ts";
import { awardEnvelope, rfbEnvelope } from "../payloads.ts";
import { RateLimit } from "../rate-limit.ts";
import { type Message, receive } from "../receive.ts";
import { auctionWindow } from "./auction.ts";

const USUAL_LATENCY_MS = 750;
const RATE_WINDOW_MS = 60_000;

export class AuctionHouse {
  readonly #node: FedaiNode;
  readonly #nonces: ReplayGuard;
  readonly #rate: RateLimit;
  readonly #allowed: ReadonlySet<string>;

  constructor(node: FedaiNode, nonces: ReplayGuard) {
    const { auctionAllow, auctionRate } = node.settings.offload;
    this.#node = node;
    this.#nonces = nonces;
    this.#allowed = new Set(auctionAllow);
    this.#rate = new RateLimit(auctionRate, RATE_WINDOW_MS, node.ports.clock);
  }

  async bid(call: HttpCall): Promise<Response> {
    const { payload } = await this.#admit(call, (bodies) => receive(bodies, rfbEnvelope, this.#node.ports.schnorr));
    const { settings, ports, nodeId, load } = this.#node;
    if (load.isFull()) throw saturated();
    return Response.json(
      seal(ports.identity, ports.clock, {
        requestId: payload.requestId,
        nodeId,
        etaMs: (settings.latencyEstimate ?? USUAL_LATENCY_MS) * (1 + load.capacity().currentLoad),
        bidExpiryMs: ports.clock.now() + auctionWindow(this.#node),
      }),
    );
  }

  async award(call: HttpCall): Promise<Response> {
    const { payload } = await this.#admit(call, (bodies) => receive(bodies, awardEnvelope, this.#node.ports.schnorr));
    if (parseNpub(payload.winnerKeyId) !== this.#node.ports.identity.pubkey) {
      throw new FedaiError("award-not-for-node", 403, "another node has won");
    }
    if (this.#node.load.isFull()) throw saturated();
    return Response.json({ ok: true });
  }

  /** Counted only when the signature is good: nobody uses up another's calls. */
  async #admit<T>(call: HttpCall, read: (call: Pick<HttpCall, "body">) => Promise<Message<T>>): Promise<Envelope<T>> {
    const { settings, ports } = this.#node;
    if (!settings.offload.auction) throw new FedaiError("offload-auction-disabled", 403, "this node holds no auctions");
    const { envelope, signer } = await read({ body: () => call.body().catch(tooLarge) });
    call.note.caller = signer;
    if (this.#allowed.size > 0 && !this.#allowed.has(signer)) {
      throw new FedaiError("offload-auction-not-allowed", 403, "this key may not ask for bids");
    }
    if (!this.#rate.admits(signer)) throw new FedaiError("offload-auction-rate-limit", 429, "this key asks too often");
    await claimNonce(this.#nonces, ports.clock, signer, envelope);
    return envelope;
  }
}

function saturated(): FedaiError {
  return new FedaiError("node-saturated", 409, "this node has no place free");
}

/** These routes have another status for it than /infer. */
function tooLarge(error: unknown): never {
  if (!(error instanceof FxnError) || error.code !== "body_too_large") throw error;
  throw new FedaiError("payload-too-large", 400, "the body is too large");
}
