// The order of checks for a signed request: cheap refusals, then the signature, and only then is the nonce spent.
import type { Caller, RequestVerifier } from "../core/auth.ts";
import type { Clock } from "../core/clock.ts";
import type { Claim, ReplayGuard } from "../core/replay.ts";
import { bodyHash, requestMessage } from "../lib/request-message.ts";
import type { Signatures } from "../secp256k1/signatures.ts";
import { type CallerRegistries, roleOf } from "./callers.ts";
import { refuse, refuseFor } from "./errors.ts";
import { parseCaller, parseSignedHeaders, type SignedHeaders } from "./signed-headers.ts";

export interface VerifierPorts {
  readonly network: string;
  readonly registries: CallerRegistries;
  readonly signatures: Pick<Signatures, "signedBy">;
  readonly replay: ReplayGuard;
  readonly clock: Clock;
  readonly maxClockSkewMs: number;
}

export function createRequestVerifier(ports: VerifierPorts): RequestVerifier {
  return {
    begin(headers, roles) {
      const address = parseCaller(headers);
      const role = roleOf(address, roles, ports.registries);
      const signed = parseSignedHeaders(headers, address);
      checkWindow(signed.at, ports);
      const hash = bodyHash();
      return {
        read: (part) => hash.update(part),
        verify() {
          checkSignature(ports, signed, hash);
          // The window again: a body may have taken its time, and the nonce's life is counted from it.
          checkWindow(signed.at, ports);
          const caller = { id: address, role };
          const claimed = ports.replay.claim(`${ports.network}:${address}`, signed.nonce, signed.at);
          if (!(claimed instanceof Promise)) return admitted(claimed, caller);
          return claimed.then((answer) => admitted(answer, caller));
        },
      };
    },
  };
}

/** registry.bypassAuth: no signature, no registry; config refuses it on any address but loopback. */
export function createOpenVerifier(): RequestVerifier {
  return {
    begin: (_headers, roles) => ({
      read() {},
      verify: () => ({ id: "unsigned", role: roles[0] ?? "gateway" }),
    }),
  };
}

function checkWindow(at: number, { clock, maxClockSkewMs }: VerifierPorts): void {
  const age = clock.now() - at;
  if (age > maxClockSkewMs) throw refuse("timestamp_too_old");
  if (age < -maxClockSkewMs) throw refuse("timestamp_in_future");
}

function checkSignature({ signatures }: VerifierPorts, signed: SignedHeaders, hash: Bun.CryptoHasher): void {
  const message = requestMessage(hash, signed.timestamp, signed.nonce);
  if (!signatures.signedBy(signed.address, message, signed.signature)) throw refuse("invalid_signature");
}

function admitted(claimed: Claim, caller: Caller): Caller {
  if (claimed === "replayed") throw refuse("nonce_replayed");
  if (claimed === "outside-window") throw refuse("timestamp_too_old");
  if (claimed === "full") throw refuseFor("nonces_full", 60);
  return caller;
}
