// The joint between networks that are called and request verification: who may call, and who it was.

export type Role = "gateway" | "scheduler";

/** What a rehearsal's throw-away key is called in the ledger: its requests are the operator's own, and nobody pays for them. */
export const REHEARSAL = "rehearsal";

export interface Caller {
  /** An address, or "unsigned" when registry.bypassAuth lets everyone in. */
  readonly id: string;
  readonly role: Role;
}

/** A request whose headers have passed; its body may be read now. */
export interface PendingRequest {
  /** Takes the next bytes of the body, as they arrive: hashing a large one at once would keep other callers waiting. */
  read(part: Uint8Array): void;
  /** Call it once, with the whole body read. Throws AuthError, or StoreError when no nonce can be claimed. */
  verify(): Caller | Promise<Caller>;
}

export interface RequestVerifier {
  /** Everything that can be refused without the body. Throws AuthError. */
  begin(headers: Headers, roles: readonly Role[]): PendingRequest;
}

export interface CallerLimiter {
  /** Admits one request of that caller; call the result when it has ended. Throws AuthError (429). */
  admit(caller: string): (() => void) | Promise<() => void>;
}
