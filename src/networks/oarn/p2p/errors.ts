// What keeps the peer-to-peer layer from starting or from announcing.
import { FxnError } from "../../../core/errors.ts";

type P2pCode = "peer_key_invalid" | "p2p_not_started" | "announcement_invalid";

export class P2pError extends FxnError<P2pCode> {
  constructor(code: P2pCode, message: string, hint: string, cause?: unknown) {
    super(code, 500, message, { hint, cause });
  }
}
