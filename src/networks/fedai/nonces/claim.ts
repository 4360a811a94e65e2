// The replay rule: a signed time within five minutes of ours, then a nonce that its signer has not used.
import type { Clock } from "../../../core/clock.ts";
import { FxnError } from "../../../core/errors.ts";
import type { ReplayGuard } from "../../../core/replay.ts";
import { FedaiError } from "../errors.ts";

/** Both ways, both ends included. */
export const WINDOW_MS = 300_000;

/** @param signer hex @throws FedaiError; nobody is let in when the nonce cannot be claimed */
export async function claimNonce(
  guard: ReplayGuard,
  clock: Clock,
  signer: string,
  { nonce, ts }: { readonly nonce: string; readonly ts: number },
): Promise<void> {
  if (!(Math.abs(clock.now() - ts) <= WINDOW_MS)) throw outOfWindow();
  let claim: Awaited<ReturnType<ReplayGuard["claim"]>>;
  try {
    claim = await guard.claim(signer, nonce, Math.floor(ts));
  } catch (error) {
    const hint = error instanceof FxnError ? error.hint : undefined;
    throw new FedaiError(
      "nonce-store-unavailable",
      503,
      "nonces cannot be claimed",
      hint === undefined ? {} : { hint },
    );
  }
  if (claim === "replayed") throw new FedaiError("nonce-reused", 400, "the nonce was used before");
  if (claim === "outside-window") throw outOfWindow();
  if (claim === "full") throw new FedaiError("nonce-store-full", 503, "this key has used as many nonces as are kept");
}

function outOfWindow(): FedaiError {
  return new FedaiError("ts-out-of-window", 400, "the signed time is too far from this node's clock");
}
